"""Rules of chats: what may be sent, what it costs, and how typed results are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from faceplate.domain.chat_events import Heard, UsageWatch, chunks_in, event
from faceplate.domain.chat_requests import accept_chat
from faceplate.domain.errors import InvalidParameter
from faceplate.domain.token_counts import (
    TokenCount,
    completion_limit,
    count_in,
    estimate_answer,
    estimate_prompt,
    estimate_text,
)
from faceplate.domain.typed_results import (
    LOOSEST,
    is_closed,
    parse_result,
    repair_messages,
    response_format,
    result_invalid,
)

SAID = [{"role": "user", "content": "hello"}]


def accept(**members: Any) -> dict[str, Any]:
    return accept_chat({"messages": SAID, **members}, max_output_tokens=100)


def test_a_good_request_is_sent_as_it_is() -> None:
    body = {"temperature": 2, "n": 3, "max_tokens": 100, "unknown": [1], "tools": [{"a": 1}]}
    assert accept(**body) == {"messages": SAID, **body}


@pytest.mark.parametrize(
    ("members", "left_out"),
    [
        ({"tools": [], "tool_choice": "auto"}, {"tools", "tool_choice"}),
        ({"tools": None}, {"tools"}),
        ({"functions": [], "function_call": "auto"}, {"functions", "function_call"}),
    ],
)
def test_empty_lists_are_left_out(members: dict[str, Any], left_out: set[str]) -> None:
    assert left_out.isdisjoint(accept(**members))


@pytest.mark.parametrize(
    "members",
    [
        {"temperature": True},
        {"temperature": 2.1},
        {"top_p": 1.1},
        {"presence_penalty": -3},
        {"max_tokens": 101},
        {"max_completion_tokens": 0},
        {"n": 129},
        {"n": 1.0},
        {"seed": 2**64},
        {"top_logprobs": 21},
        {"tools": "all"},
        {"stream": 1},
        {"model": ""},
        {"model": 5},
    ],
)
def test_what_breaks_a_rule_is_named(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter) as refused:
        accept(**members)
    assert refused.value.details["parameter"] == next(iter(members))


def test_estimates_are_rather_too_many() -> None:
    assert estimate_text("word " * 100) >= 100
    assert estimate_text("你好" * 50) >= 100
    assert estimate_text("") == 0
    plain = estimate_prompt({"messages": SAID})
    assert estimate_prompt({"messages": SAID, "tools": [{"name": "x" * 300}]}) > plain + 100
    parts = [{"type": "text", "text": "x" * 300}, {"type": "image_url", "image_url": {}}]
    assert estimate_prompt({"messages": [{"role": "user", "content": parts}]}) > 1100
    assert estimate_answer({"choices": [{"message": {"content": "x" * 30}}]}) == 10


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ({}, None),
        ({"max_tokens": 5}, 5),
        ({"max_tokens": 5, "n": 3}, 15),
        ({"max_tokens": 5, "max_completion_tokens": 7}, 7),
        ({"max_tokens": 30_000, "max_completion_tokens": 1}, 30_000),
        ({"max_tokens": 5, "n": 10**9}, 5 * 128),
        ({"max_tokens": 5, "n": -1}, 5),
        ({"max_tokens": 5, "n": True}, 5),
        ({"max_tokens": True}, None),
        ({"max_tokens": -5}, None),
        ({"max_tokens": None}, None),
    ],
)
def test_limits_cover_all_answers(body: dict[str, Any], limit: int | None) -> None:
    assert completion_limit(body) == limit


@pytest.mark.parametrize(
    ("usage", "count"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 4}, TokenCount(3, 4)),
        ({"input_tokens": 3, "output_tokens": 4}, TokenCount(3, 4)),
        ({"prompt_tokens": 3}, TokenCount(3, 0)),
        ({"prompt_tokens": None, "completion_tokens": 4}, TokenCount(0, 4)),
        ({"prompt_tokens": 7.0, "completion_tokens": 5.0}, TokenCount(7, 5)),
        ({"prompt_tokens": 7.5, "completion_tokens": 5}, None),
        ({"prompt_tokens": float("inf"), "completion_tokens": 5}, None),
        ({"prompt_tokens": float("nan"), "completion_tokens": 5}, None),
        ({"prompt_tokens": 1e300, "completion_tokens": 5}, None),
        ({"prompt_tokens": True, "completion_tokens": 5}, None),
        ({"prompt_tokens": 3, "completion_tokens": -5}, None),
        ({"prompt_tokens": "x"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_figures_are_read_in_both_words(usage: object, count: TokenCount | None) -> None:
    assert count_in(usage) == count


def _closed(**changes: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
        **changes,
    }


def test_strictness_needs_a_closed_schema() -> None:
    assert is_closed(_closed())
    assert not is_closed(_closed(required=[]))
    assert not is_closed(_closed(additionalProperties=True))
    assert not is_closed(
        _closed(properties={"a": {"type": "array", "items": _closed(required=[])}})
    )
    wanted = response_format("a.b c", _closed(), 0)
    assert wanted is not None
    assert (wanted["json_schema"]["name"], wanted["json_schema"]["strict"]) == ("a_b_c", True)
    loose = response_format("x", _closed(), 1)
    assert loose is not None
    assert loose["json_schema"]["strict"] is False
    assert response_format("x", _closed(), LOOSEST) is None


@pytest.mark.parametrize(
    "text", ['{"a": 1}', ' {"a": 1}\n', '```json\n{"a": 1}\n```', '```\n{"a": 1}```']
)
def test_results_are_read_bare_or_fenced(text: str) -> None:
    assert parse_result(text, "stop") == ({"a": 1}, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("no", "stop"), ('{"a": NaN}', "stop"), ("[" * 100_000, "stop"), ('{"a": 1}', "length")],
)
def test_what_is_no_result(text: str, reason: str) -> None:
    result, problem = parse_result(text, reason)
    assert result is None
    assert problem


def test_a_repair_says_what_was_wrong_and_no_more_than_a_few_things() -> None:
    problems = [f"problem {place} {'x' * 500}" for place in range(20)]
    messages = repair_messages(SAID, "answer", problems)
    assert messages[:1] == SAID
    assert messages[1] == {"role": "assistant", "content": "answer"}
    assert "problem 4" in messages[2]["content"]
    assert "problem 5" not in messages[2]["content"]
    shown = result_invalid(problems).details["problems"]
    assert isinstance(shown, list)
    assert max(len(one) for one in shown) == 200


def test_events_are_taken_apart() -> None:
    events = b": comment\n\n" + event({"a": "é\ud83d"}) + b"data: [DONE]\n\ndata: {broken\n\n"
    assert [chunk for _, chunk in chunks_in(events)] == [None, {"a": "é\ud83d"}, None, None]
    assert b"".join(raw for raw, _ in chunks_in(events)) == events


def test_the_first_choice_is_what_is_said() -> None:
    events = b"".join(
        event({"choices": [{"index": index, "delta": {"content": text}}]})
        for index, text in ((0, "a"), (1, "b"), (0, "c"), (0, None))
    )
    heard = Heard()
    heard.hear(events)
    assert heard.text == "ac"


def test_figures_pass_only_to_those_who_asked() -> None:
    figures = event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}})
    word = event({"choices": [{"delta": {"content": '"usage": {'}}], "usage": None})
    for keep in (True, False):
        watch = UsageWatch(keep_usage=keep)
        passed = watch.look(word) + watch.look(word + figures)
        assert passed == word + word + (figures if keep else b"")
        assert watch.count == TokenCount(3, 2)
        assert watch.estimated_completion == 3


def test_figures_beside_a_choice_stay() -> None:
    last = {"choices": [{"delta": {}}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}
    watch = UsageWatch(keep_usage=False)
    assert json.loads(watch.look(event(last))[6:]) == last
