"""What a provider may answer with a good status, and what is no answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import stub_provider as stubs
from faceplate.domain.errors import FaceplateError, UpstreamFailed
from faceplate.ports.chat import (
    EMBEDDINGS,
    RESPONSES,
    SPEECH,
    TRANSCRIPTIONS,
    ForwardedAnswer,
)
from stub_provider import StubProvider
from text_build import openai_chat

BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}]}
DEEP = b"[" * 100_000
WORDS = {"message": "secret words"}


@pytest.fixture
def stub() -> Iterator[StubProvider]:
    with stubs.running() as found:
        yield found


def says_bytes(body: bytes, kind: str = "application/json", status: int = 200) -> stubs.Behaviour:
    async def behave(_seen: stubs.Seen, wire: stubs.Wire) -> None:
        await wire.answer(status, body, kind)

    return behave


def in_pieces(kind: str, *pieces: bytes) -> stubs.Behaviour:
    async def behave(_seen: stubs.Seen, wire: stubs.Wire) -> None:
        await wire.begin_pieces(kind)
        for piece in pieces:
            await wire.piece(piece)
        await wire.end_events()

    return behave


def ask(stub: StubProvider) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        chat = openai_chat(stub.base_url, retries=0)
        try:
            return await chat.complete(dict(BODY), deadline_s=20)
        finally:
            await chat.close()

    return asyncio.run(run())


def forward(stub: StubProvider, surface: str) -> tuple[str, bytes]:
    async def run() -> tuple[str, bytes]:
        chat = openai_chat(stub.base_url, retries=0)
        try:
            answer = await chat.forward(surface, b"{}", "application/json", deadline_s=20)
            return answer.content_type, await _whole(answer)
        finally:
            await chat.close()

    return asyncio.run(run())


async def _whole(answer: ForwardedAnswer) -> bytes:
    if isinstance(answer.body, bytes):
        return answer.body
    return b"".join([piece async for piece in answer.body])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": []},
        {"choices": [None]},
        {"choices": ["x"]},
        {"choices": [{}]},
        {"choices": [{"message": "x"}]},
        {"choices": [{"message": {"content": "x"}}, {"message": None}]},
    ],
)
def test_a_completion_has_messages(stub: StubProvider, body: object) -> None:
    stub.queue(stubs.says(body))
    with pytest.raises(UpstreamFailed) as failed:
        ask(stub)
    assert failed.value.code == "upstream_invalid_answer"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ({**WORDS, "code": "oops"}, 502, "oops"),
        ({**WORDS, "code": 429}, 429, None),
        ({**WORDS, "code": 200}, 502, None),
        ("secret words", 502, None),
    ],
)
def test_an_error_in_an_answer_is_one(
    stub: StubProvider, error: object, status: int, code: str | None
) -> None:
    choice = {"message": {"content": "cut"}, "error": error}
    stub.queue(*(stubs.says(body) for body in ({"error": error}, {"choices": [choice]})))
    for _ in range(2):
        with pytest.raises(FaceplateError) as failed:
            ask(stub)
        assert failed.value.details["status"] == status
        assert failed.value.details.get("provider_code") == code
        assert "secret" not in failed.value.message


def test_an_error_that_is_none_spoils_no_answer(stub: StubProvider) -> None:
    stub.queue(stubs.says({**stubs.completion("x"), "error": None}))
    assert ask(stub)["choices"]


@pytest.mark.parametrize(
    ("status", "code"), [(200, "upstream_invalid_answer"), (400, "upstream_refused")]
)
def test_nesting_without_end_is_no_answer(stub: StubProvider, status: int, code: str) -> None:
    stub.always = says_bytes(DEEP, status=status)
    for work in (ask, lambda one: forward(one, EMBEDDINGS), list_models):
        with pytest.raises(FaceplateError) as failed:
            work(stub)
        assert failed.value.code == code


def list_models(stub: StubProvider) -> None:
    async def run() -> None:
        chat = openai_chat(stub.base_url, retries=0)
        try:
            await chat.models()
        finally:
            await chat.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("surface", "behaviour"),
    [
        (EMBEDDINGS, stubs.says_html()),
        (EMBEDDINGS, says_bytes(b"{}", "text/plain")),
        (EMBEDDINGS, in_pieces("text/html", b"<html>")),
        (EMBEDDINGS, stubs.says([])),
        (EMBEDDINGS, says_bytes(b"{")),
        (EMBEDDINGS, says_bytes(b'["error"')),
        (EMBEDDINGS, stubs.says({"error": WORDS})),
        (EMBEDDINGS, in_pieces("application/json", b'{"error": ', b'"secret words"}')),
        (RESPONSES, stubs.says({"object": "response", "status": "failed", "error": WORDS})),
        (SPEECH, stubs.says_html()),
        (SPEECH, stubs.says({"error": WORDS})),
        (TRANSCRIPTIONS, stubs.says({"error": WORDS})),
    ],
)
def test_what_is_no_answer_is_not_passed_on(
    stub: StubProvider, surface: str, behaviour: stubs.Behaviour
) -> None:
    stub.queue(behaviour)
    with pytest.raises(UpstreamFailed) as failed:
        forward(stub, surface)
    assert failed.value.details.get("status", 502) == 502
    assert "secret" not in failed.value.message


@pytest.mark.parametrize(
    ("surface", "kind", "body"),
    [
        (EMBEDDINGS, "application/json; charset=utf-8", b'{"data": [1.5]}'),
        (EMBEDDINGS, "application/json", b'{"half": "\\ud83d", "not": NaN}'),
        (RESPONSES, "application/json", b'{"error": null, "output": "error"}'),
        (RESPONSES, "text/event-stream", b"data: {}\n\n"),
        (SPEECH, "audio/mpeg", b"sound"),
        (SPEECH, "application/octet-stream", b"sound"),
        (TRANSCRIPTIONS, "text/plain", b"words"),
        (TRANSCRIPTIONS, "text/vtt", b"WEBVTT"),
        (TRANSCRIPTIONS, "application/json", b'"error"'),
    ],
)
def test_what_is_an_answer_is_passed_on(
    stub: StubProvider, surface: str, kind: str, body: bytes
) -> None:
    stub.queue(says_bytes(body, kind), in_pieces(kind, body[:3], body[3:]))
    assert [forward(stub, surface) for _ in range(2)] == [(kind, body)] * 2
