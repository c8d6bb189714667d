"""Answers of providers are read without trusting their shape."""

from __future__ import annotations

from typing import Any

import pytest

from faceplate.domain.app_options import split_options
from faceplate.domain.chat_answers import first_choice, make_sendable, sendable, text_of
from faceplate.domain.chat_events import Heard, event
from faceplate.domain.errors import FaceplateError, InvalidParameter
from faceplate.domain.typed_results import is_closed, parse_result, repair_messages, result_invalid


@pytest.mark.parametrize("choices", [None, 7, [], [None], [{"message": "x"}], [{}], {"a": 1}])
def test_an_answer_without_a_proper_choice_is_not_one(choices: object) -> None:
    for read in (first_choice, text_of):
        with pytest.raises(FaceplateError) as caught:
            read({"choices": choices})
        assert caught.value.code == "upstream_invalid_answer"


@pytest.mark.parametrize("choices", [[None], 7, "x", [{"delta": "x"}], [7], {"a": 1}])
def test_a_chunk_without_proper_choices_is_not_one(choices: object) -> None:
    with pytest.raises(FaceplateError) as caught:
        Heard().hear(event({"choices": choices}))
    assert caught.value.code == "upstream_invalid_answer"


def test_what_is_heard_is_the_first_choice() -> None:
    heard = Heard()
    for choice in (
        {"delta": {"content": "a \ud83d"}},
        {"delta": {"content": "\ude00"}, "finish_reason": "length"},
        {"delta": None},
        {"delta": {"content": [{"type": "thinking"}]}},
        {"index": 1, "delta": {"content": "other"}},
    ):
        heard.hear(event({"choices": [choice]}))
    heard.hear(event({"choices": None}) + b'data: {"a":' + b"[" * 100_000 + b"\n\n")
    assert (heard.text, heard.finish_reason) == ("a \U0001f600", "length")


def test_half_a_character_becomes_a_mark() -> None:
    assert [sendable(one) for one in ("plain", "né", "a\ud83d")] == ["plain", "né", "a\ufffd"]
    answer: dict[str, Any] = {
        "choices": [None, {"message": None}, {"message": {"content": "\ud83d", "refusal": None}}]
    }
    make_sendable(answer)
    assert answer["choices"][2]["message"]["content"] == "\ufffd"
    make_sendable({"choices": None})


def test_nothing_that_cannot_be_sent_goes_back_to_a_model() -> None:
    messages = repair_messages([], "half \ud83d", ["mood: \ud83d is wrong"])
    assert [one["content"].encode() for one in messages]
    assert "\ufffd" in str(result_invalid(["\ud83d"]).details)


@pytest.mark.parametrize(
    "text", ['{"a": "\\ud83d"}', '{"a": "\ud83d"}', '{"\\uDE00": 1}', '{"a": 1e999}']
)
def test_a_result_can_be_sent(text: str) -> None:
    result, problem = parse_result(text, "stop")
    assert result is None
    assert problem


def test_whole_characters_are_read_however_they_are_written() -> None:
    assert parse_result('{"a": "\\ud83d\\ude00", "b": 1.5}', "stop")[0] == {"a": "😀", "b": 1.5}


@pytest.mark.parametrize(
    "changes", [{"properties": [1]}, {"required": 5}, {"required": [[]], "properties": {"a": {}}}]
)
def test_what_is_no_schema_is_not_closed(changes: dict[str, Any]) -> None:
    assert not is_closed({"type": "object", "additionalProperties": False, **changes})


def test_members_are_options_or_left_out_or_refused() -> None:
    body = {
        "model": "mood",
        "temperature": 0,
        "seed": None,
        "tools": [],
        "parallel_tool_calls": True,
        "odd name\r\n": 1,
        "echo": False,
    }
    assert split_options(body, {"model"}) == ({"temperature": 0}, ("parallel_tool_calls",))
    many = {f"x{one}": 1 for one in range(100)}
    assert len(split_options(many)[1]) == 20
    with pytest.raises(InvalidParameter) as refused:
        split_options({"provider": {"order": ["x"]}})
    assert refused.value.details["parameter"] == "provider"
