"""Parameters that a model refuses are left out, and remembered no further than that goes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import stub_provider as stubs
from faceplate.adapters.openai.chat import OpenAiChat
from faceplate.domain.errors import FaceplateError, InvalidInput
from stub_provider import StubProvider
from text_build import openai_chat

BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}]}
NOT_MINIMAL = stubs.refuses(
    400,
    "unsupported_value",
    "reasoning_effort",
    "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported "
    "values are: 'low', 'medium', and 'high'.",
)
ONLY_ONE = stubs.refuses(
    400,
    "unsupported_value",
    "temperature",
    "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) "
    "value is supported.",
)


@pytest.fixture
def stub() -> Iterator[StubProvider]:
    with stubs.running() as found:
        yield found


def ask_all(chat: OpenAiChat, *bodies: dict[str, Any]) -> list[dict[str, Any]]:
    async def run() -> list[dict[str, Any]]:
        try:
            return [await chat.complete({**BODY, **one}, deadline_s=20) for one in bodies]
        finally:
            await chat.close()

    return asyncio.run(run())


def sent(stub: StubProvider, name: str) -> list[Any]:
    return [one.json.get(name) for one in stub.seen]


REFUSALS = [
    stubs.refuses(400, "unsupported_value", "temperature"),
    stubs.refuses(400, None, "temperature", "Unsupported value"),
    stubs.refuses(422, None, None, "Extra inputs are not permitted: 'temperature'"),
    stubs.refuses(400, None, None, "`temperature` is not supported with this model"),
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_parameter_is_dropped_once_and_remembered(
    stub: StubProvider, refusal: stubs.Behaviour
) -> None:
    stub.queue(refusal)
    answers = ask_all(openai_chat(stub.base_url), *[{"temperature": 0, "top_p": 1}] * 2)
    assert ["temperature" in one.json for one in stub.seen] == [True, False, False]
    assert all("top_p" in one.json for one in stub.seen)
    for answer in answers:
        assert answer["request_meta_data"]["dropped_parameters"] == ["temperature"]


def test_what_one_model_refuses_another_gets(stub: StubProvider) -> None:
    stub.queue(stubs.refuses(400, "unsupported_parameter", "temperature"))
    ask_all(openai_chat(stub.base_url), {"temperature": 0}, {"temperature": 0, "model": "other"})
    assert sent(stub, "temperature") == [0, None, 0]


@pytest.mark.parametrize(
    ("refusal", "name", "bad", "good"),
    [(NOT_MINIMAL, "reasoning_effort", "minimal", "high"), (ONLY_ONE, "temperature", 0.2, 1)],
)
def test_a_refused_value_costs_other_values_nothing(
    stub: StubProvider, refusal: stubs.Behaviour, name: str, bad: object, good: object
) -> None:
    stub.queue(refusal)
    answers = ask_all(openai_chat(stub.base_url), *({name: value} for value in (bad, good, bad)))
    assert sent(stub, name) == [bad, None, good, None]
    dropped = [one["request_meta_data"].get("dropped_parameters") for one in answers]
    assert dropped == [[name], None, [name]]


def test_refused_values_are_remembered_within_bounds(
    stub: StubProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceplate.adapters.openai.refused._VALUES_KEPT", 1)
    monkeypatch.setattr("faceplate.adapters.openai.refused._MODELS_KEPT", 1)
    stub.queue(ONLY_ONE, stubs.usual, ONLY_ONE)
    chat = openai_chat(stub.base_url)
    ask_all(chat, {"temperature": 0.2}, {"temperature": 0.3}, {"temperature": 0.2})
    assert sent(stub, "temperature") == [0.2, None, 0.3, None, 0.2]
    stub.seen.clear()
    stub.queue(
        stubs.refuses(400, "unsupported_value", "user"),
        stubs.usual,
        stubs.refuses(400, "unsupported_value", "temperature"),
    )
    long = "x" * 5000
    ask_all(
        chat,
        {"user": long},
        {"temperature": 0, "model": "other"},
        {"temperature": 0.3},
        {"user": long},
    )
    assert sent(stub, "user") == [long, None, None, None, None, long]
    assert sent(stub, "temperature") == [None, None, 0, None, 0.3, None]


def test_a_token_limit_keeps_its_number_under_its_new_name(stub: StubProvider) -> None:
    refusal = stubs.refuses(
        400,
        "unsupported_parameter",
        "max_tokens",
        "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
    )
    stub.queue(refusal)
    chat = openai_chat(stub.base_url)
    ask_all(chat, {"max_tokens": 9}, {"max_tokens": 8, "max_completion_tokens": None})
    assert sent(stub, "max_tokens") == [9, None, None]
    assert sent(stub, "max_completion_tokens") == [None, 9, 8]


def test_a_token_limit_is_never_left_out(stub: StubProvider) -> None:
    refusals = [
        stubs.refuses(400, "unsupported_parameter", name)
        for name in ("max_tokens", "max_completion_tokens")
    ]
    stub.queue(*refusals)
    chat = openai_chat(stub.base_url)
    with pytest.raises(InvalidInput) as refused:
        ask_all(chat, {"max_tokens": 5})
    assert refused.value.details["parameter"] == "max_completion_tokens"
    assert len(stub.seen) == 2
    ask_all(chat, {"max_tokens": 5}, {"max_completion_tokens": 6})
    assert stub.seen[2].json["max_tokens"] == 5
    assert stub.seen[3].json["max_completion_tokens"] == 6


def test_a_token_limit_whose_number_is_refused_is_the_callers_to_change(
    stub: StubProvider,
) -> None:
    stub.queue(stubs.refuses(400, "unsupported_value", "max_tokens"))
    with pytest.raises(InvalidInput):
        ask_all(openai_chat(stub.base_url), {"max_tokens": 5})
    assert len(stub.seen) == 1


def test_streams_drop_refused_parameters_too(stub: StubProvider) -> None:
    chat = openai_chat(stub.base_url)
    stub.queue(stubs.refuses(400, "unknown_parameter", "stream_options"))

    async def read() -> bytes:
        body = {**BODY, "stream_options": {"include_usage": True}}
        try:
            return b"".join([piece async for piece in chat.stream(body, deadline_s=20)])
        finally:
            await chat.close()

    assert asyncio.run(read()).endswith(b"data: [DONE]\n\n")
    assert "stream_options" not in stub.seen[1].json


@pytest.mark.parametrize(
    ("refusal", "members"),
    [
        (stubs.refuses(400, "unsupported_parameter", "tools"), {"tools": [{"a": 1}]}),
        (stubs.refuses(400, "unsupported_value", "stop"), {"stop": ["x"]}),
        (stubs.refuses(400, "invalid_value", "temperature", "out of range"), {"temperature": 1.9}),
        (stubs.refuses(400, "unsupported_value", "temperature"), {}),
        (stubs.refuses(401, "unsupported_value", "temperature"), {"temperature": 0}),
    ],
)
def test_nothing_else_is_left_out_quietly(
    stub: StubProvider, refusal: stubs.Behaviour, members: dict[str, Any]
) -> None:
    stub.queue(refusal)
    with pytest.raises(FaceplateError):
        ask_all(openai_chat(stub.base_url), members)
    assert len(stub.seen) == 1
