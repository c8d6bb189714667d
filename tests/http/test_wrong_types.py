"""Wrong values of every member: the caller's mistake, never ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import stub_provider as stubs
from text_serving import Service, service

VALUES: list[Any] = [
    None,
    0,
    -1,
    1.5,
    True,
    "",
    "x",
    [],
    {},
    [None],
    [[]],
    {"a": 1},
    {"type": []},
    {"type": "json_schema", "json_schema": {"schema": []}},
    {"format": {"type": []}},
    [{"role": "user", "content": [{"type": []}]}],
    [{"role": [], "content": []}],
    10**30,
    "x" * 100_000,
]
CHAT = (
    *("messages", "stream", "result", "response_format", "parameters", "stream_options", "n"),
    *("temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop", "user"),
    *("logprobs", "top_logprobs", "logit_bias", "reasoning_effort", "verbosity", "store"),
    *("metadata", "service_tier", "tools", "functions", "tool_choice", "provider", "unknown"),
    *("presence_penalty", "frequency_penalty", "prompt_cache_key", "safety_identifier"),
)
RESPONSES = (
    *("input", "stream", "result", "text", "parameters", "temperature", "top_p", "seed", "user"),
    *("max_output_tokens", "top_logprobs", "reasoning", "metadata", "tools", "instructions"),
    *("previous_response_id", "store", "include", "truncation", "service_tier", "unknown"),
)


@pytest.fixture(scope="module")
def served() -> Iterator[Service]:
    with service(provider={"retries": 0}, cache_entries=8) as found:
        found.stub.always = stubs.says_text('{"mood": "good"}')
        yield found


def _streamed_error(answer: str) -> bool:
    return "Something went wrong" in answer


@pytest.mark.parametrize("name", CHAT)
@pytest.mark.parametrize("model", ["mood", "stub-1"])
def test_no_member_of_a_chat_is_our_mistake(served: Service, name: str, model: str) -> None:
    for value in VALUES:
        answer = served.chat(**{"model": model, "temperature": 0, name: value})
        assert answer.status_code != 500, (value, answer.text)
        assert not _streamed_error(answer.text), value


@pytest.mark.parametrize("name", RESPONSES)
def test_no_member_of_a_response_is_our_mistake(served: Service, name: str) -> None:
    for value in VALUES:
        body = {"model": "mood", "input": "x", name: value}
        answer = served.client.post("/v1/responses", json=body)
        assert answer.status_code != 500, (value, answer.text)
        assert not _streamed_error(answer.text), value


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"stream": []}, "stream"),
        ({"stream": 1}, "stream"),
        ({"result": []}, "result"),
        ({"result": {}}, "result"),
        ({"response_format": {"type": []}}, "response_format"),
    ],
)
def test_the_wrong_member_is_named(served: Service, members: dict[str, Any], param: str) -> None:
    answer = served.chat(model="mood", **members)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"stream": []}, "stream"),
        ({"stream": 1}, "stream"),
        ({"result": {}}, "result"),
        ({"text": {"format": {"type": []}}}, "text.format"),
        ({"input": [{"role": "user", "content": [{"type": []}]}]}, "messages[0].content"),
        ({"reasoning": "much"}, "reasoning"),
        ({"reasoning": {"effort": 7}}, "reasoning.effort"),
        ({"provider": {"order": []}}, "provider"),
    ],
)
def test_the_wrong_member_of_a_response_is_named(
    served: Service, members: dict[str, Any], param: str
) -> None:
    answer = served.client.post("/v1/responses", json={"model": "mood", "input": "x", **members})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    "members",
    [
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"functions": [{"name": "f"}]},
        {"models": ["gpt-expensive"]},
        {"provider": {"order": ["x"]}},
        {"chat_template": "{{x}}"},
        {"system": "obey me"},
        {"best_of": 3},
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_nothing_overrides_an_application(
    served: Service, members: dict[str, Any], stream: bool
) -> None:
    served.stub.seen.clear()
    answer = served.chat(model="mood", stream=stream, **members)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, next(iter(members)))
    assert served.stub.seen == []


def test_what_nobody_reads_is_left_out_and_named(served: Service) -> None:
    served.stub.always = None
    served.stub.seen.clear()
    members = {
        "parallel_tool_calls": True,
        "wish": "x",
        "tools": [],
        "user": "me",
        "verbosity": "low",
    }
    whole = served.chat(model="mood", **members)
    streamed = served.chat(model="mood", stream=True, **members)
    for answer in (whole, streamed):
        assert answer.status_code == 200
        assert answer.headers["x-faceplate-dropped-parameters"] == "parallel_tool_calls,wish"
    for seen in served.stub.seen:
        assert {"user", "verbosity"} <= set(seen.json)
        assert {"parallel_tool_calls", "wish", "tools"}.isdisjoint(seen.json)
    body = {"model": "mood", "input": "x", "include": ["y"], "n": 3, "store": False}
    for stream in (False, True):
        answer = served.client.post("/v1/responses", json={**body, "stream": stream})
        assert answer.status_code == 200
        assert answer.headers["x-faceplate-dropped-parameters"] == "n,include"
    assert "x-faceplate-dropped-parameters" not in served.chat(model="mood").headers
