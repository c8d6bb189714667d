"""A limit holds whatever a request says, and what nobody has counted is estimated."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

import stub_provider as stubs
from faceplate.domain.keys import KeyScope
from faceplate.services.completions import ChatLimits
from faceplate.services.usage import TokenLimits
from text_serving import Service, service

SAID = [{"role": "user", "content": "hello world " * 100}]
TEXT = {"model": "stub-1", "input": "hello world " * 100}
QUICK = {"retries": 0, "idle_s": 0.3}
WORD = stubs.event({"type": "response.output_text.delta", "delta": "word "})


def used(served: Service, surface: str) -> tuple[int, int, int]:
    days = {"first": "2030-01-01", "last": "2030-01-01"}
    rows = served.client.get("/v1/usage", params=days).json()["usage"]
    row = next(one for one in rows if one["app"] == surface)
    return row["failures"], row["prompt_tokens"], row["completion_tokens"]


def test_less_than_nothing_lifts_no_limit() -> None:
    limits = TokenLimits(daily_tokens=1000)
    with service(tokens=limits, key={"scope": KeyScope.READ}, provider=QUICK) as served:
        assert served.chat(max_tokens=30_000).status_code == 429
        assert (
            served.client.post("/v1/responses", json={**TEXT, "max_tokens": -(10**6)}).status_code
            == 400
        )
        served.stub.queue(stubs.hangs(served.stub))

        def hang() -> None:
            with httpx.Client(headers=served.client.headers, timeout=20) as other:
                body = {**TEXT, "max_output_tokens": 1}
                other.post(f"{served.url}/v1/responses", json=body)

        thread = threading.Thread(target=hang)
        thread.start()
        while not served.stub.seen:
            pass
        meanwhile = served.chat(max_tokens=30_000).status_code
        thread.join(stubs.WAIT_S)
    assert meanwhile == 429


@pytest.mark.parametrize(
    "members",
    [
        {"max_tokens": -100_000},
        {"max_tokens": True},
        {"max_output_tokens": 1, "max_tokens": 30_000},
        {"max_completion_tokens": 1, "max_tokens": 30_000},
        {"n": 128, "max_tokens": 1000},
        {"max_output_tokens": 1},
        {},
    ],
)
def test_what_is_passed_through_is_held_to_the_limit(members: dict[str, Any]) -> None:
    with service(tokens=TokenLimits(daily_tokens=3000)) as served:
        refused = served.client.post("/v1/passthrough", json={"messages": SAID, **members})
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "insufficient_quota")
        assert served.stub.seen == []
        small = served.client.post("/v1/passthrough", json={"messages": SAID, "max_tokens": 9})
        assert small.status_code == 200


def test_the_larger_of_two_limits_is_reserved() -> None:
    with service(tokens=TokenLimits(daily_tokens=3000)) as served:
        assert served.chat(max_completion_tokens=1, max_tokens=30_000).status_code == 429


def test_a_hard_limit_bounds_responses_that_have_no_limit() -> None:
    limits = ChatLimits(reserved_output_tokens=33)
    tokens = TokenLimits(daily_tokens=10_000)
    with service(tokens=tokens, limits_of_chat=limits) as served:
        for members in ({}, {"max_output_tokens": None}, {"max_output_tokens": 5}):
            served.client.post("/v1/responses", json={**TEXT, **members})
        sent = [one.json for one in served.stub.seen]
    assert [one["max_output_tokens"] for one in sent] == [33, 33, 5]
    assert sent[0] == {**TEXT, "max_output_tokens": 33}


def test_without_a_hard_limit_responses_are_sent_as_they_are() -> None:
    with service(tokens=TokenLimits(daily_tokens=10, hard=False)) as served:
        body = json.dumps(TEXT, indent=3).encode()
        headers = {"content-type": "application/json"}
        assert served.client.post("/v1/responses", content=body, headers=headers).status_code == 200
        assert served.stub.seen[0].body == body


def test_streams_without_figures_are_counted_by_their_events() -> None:
    chunks = [stubs.chunk({"content": "w "}) for _ in range(500)]
    with service() as served:
        served.stub.queue(stubs.says_events(*chunks, b"data: [DONE]\n\n"))
        served.client.post("/v1/passthrough", json={"messages": SAID, "stream": True})
        failures, prompt, completion = used(served, "chat/completions")
        assert (failures, completion) == (0, 501)
        assert prompt > 300
        served.stub.queue(stubs.says_events(*[WORD] * 50))
        served.client.post("/v1/responses", json={**TEXT, "stream": True})
        assert used(served, "responses")[2] == 50
        served.stub.queue(stubs.breaks_off(*[WORD] * 5))
        served.client.post("/v1/responses", json={**TEXT, "stream": True})
        assert used(served, "responses")[::2] == (1, 55)


def test_answers_without_figures_are_estimated() -> None:
    whole = stubs.completion("x" * 300)
    del whole["usage"]
    floats = {"prompt_tokens": 7.0, "completion_tokens": 5.0, "total_tokens": 12.0}
    with service() as served:
        served.stub.queue(stubs.says(whole))
        served.client.post("/v1/passthrough", json={"messages": SAID})
        assert used(served, "chat/completions")[2] == 100
        served.stub.queue(stubs.says(stubs.completion("x", usage=floats)))
        served.chat()
        assert used(served, "chat/completions")[2] == 105
        served.stub.queue(stubs.says({"object": "list", "data": []}))
        served.client.post("/v1/embeddings", json=TEXT)
        _, prompt, completion = used(served, "embeddings")
        assert (prompt > 300, completion) == (True, 0)


def test_a_sound_costs_what_was_asked() -> None:
    async def speak(_seen: stubs.Seen, wire: stubs.Wire) -> None:
        await wire.answer(200, b"data: data: data: sound", "audio/mpeg")

    async def speak_in_pieces(_seen: stubs.Seen, wire: stubs.Wire) -> None:
        await wire.begin_pieces("audio/mpeg")
        await wire.piece(b"data: data: data: sound")
        await wire.end_events()

    with service() as served:
        served.stub.queue(speak, speak_in_pieces)
        for _ in range(2):
            answer = served.client.post("/v1/audio/speech", json=TEXT)
            assert answer.content.endswith(b"sound")
        failures, prompt, completion = used(served, "audio/speech")
    assert (failures, prompt > 600, completion) == (0, True, 0)


def test_any_kind_of_json_is_estimated() -> None:
    with service(tokens=TokenLimits(daily_tokens=3000)) as served:
        body = json.dumps(
            {"messages": [{"role": "user", "content": "y" * 30_000}], "max_tokens": 1}
        )
        for kind in ("application/x+json", "application/json"):
            headers = {"content-type": kind}
            answer = served.client.post("/v1/passthrough", content=body, headers=headers)
            assert answer.status_code == 429


def test_a_silence_costs_its_prompt_and_a_refusal_nothing() -> None:
    with service(provider=QUICK) as served:
        served.stub.queue(stubs.refuses(400), stubs.hangs(served.stub))
        served.client.post("/v1/responses", json=TEXT)
        assert used(served, "responses") == (1, 0, 0)
        assert served.client.post("/v1/responses", json=TEXT).status_code == 504
        failures, prompt, completion = used(served, "responses")
    assert (failures, prompt > 300, completion) == (2, True, 0)


def test_a_caller_who_leaves_pays_the_prompt() -> None:
    with service() as served:
        served.stub.queue(stubs.hangs(served.stub))
        with (
            httpx.Client(headers=served.client.headers, timeout=0.5) as other,
            pytest.raises(httpx.ReadTimeout),
        ):
            other.post(f"{served.url}/v1/responses", json=TEXT)
        assert served.stub.left.wait(stubs.WAIT_S)
        failures, prompt, _ = used(served, "responses")
    assert (failures, prompt > 300) == (1, True)
