"""When one model cannot, the next is asked; a wrong request stays wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import pytest

from faceplate.adapters.memory.chat import MemoryChat
from faceplate.domain.errors import (
    Busy,
    FaceplateError,
    InvalidInput,
    Misconfigured,
    UpstreamFailed,
)
from faceplate.ports.chat import CHAT, EMBEDDINGS, ChatBody, ForwardedAnswer
from faceplate.services.fallback import FallbackChat

BODY: ChatBody = {"messages": [{"role": "user", "content": "one two"}]}


class Failing(MemoryChat):
    """Fails with an error, before its answer or in the middle of a stream."""

    def __init__(self, error: FaceplateError, *, after: int = 0) -> None:
        super().__init__("failing")
        self._error = error
        self._after = after
        self.given_s: list[float] = []

    async def complete(self, body: ChatBody, *, deadline_s: float) -> ChatBody:
        del body
        self.given_s.append(deadline_s)
        raise self._error

    async def stream(self, body: ChatBody, *, deadline_s: float) -> AsyncGenerator[bytes, None]:
        passed = 0
        async for piece in super().stream(body, deadline_s=deadline_s):
            if passed == self._after:
                raise self._error
            passed += 1
            yield piece

    async def models(self) -> Sequence[Mapping[str, Any]]:
        raise self._error

    async def ping(self) -> None:
        raise self._error


OWN = [
    UpstreamFailed("down"),
    Busy("full"),
    Misconfigured("key"),
    InvalidInput("no such model", code="upstream_refused", details={"status": 404}),
]


@pytest.mark.parametrize("error", OWN)
def test_the_next_one_answers(error: FaceplateError) -> None:
    first = Failing(error)
    chat = FallbackChat([first, MemoryChat("second")])
    answer = asyncio.run(chat.complete(BODY, deadline_s=10))
    assert answer["request_meta_data"]["provider"] == "second"
    assert first.given_s == [pytest.approx(5, abs=0.5)]


def test_a_refusal_of_the_request_is_handed_back() -> None:
    refusal = InvalidInput("bad", code="upstream_refused", details={"status": 400})
    with pytest.raises(InvalidInput):
        asyncio.run(FallbackChat([Failing(refusal), MemoryChat()]).complete(BODY, deadline_s=10))


def test_the_last_ones_error_is_everybodys() -> None:
    chat = FallbackChat([Failing(Busy("a")), Failing(UpstreamFailed("b"))])
    with pytest.raises(UpstreamFailed):
        asyncio.run(chat.complete(BODY, deadline_s=10))


async def read(chat: FallbackChat) -> list[bytes]:
    return [piece async for piece in chat.stream(BODY, deadline_s=10)]


def test_a_stream_is_handed_over_before_its_first_event() -> None:
    pieces = asyncio.run(read(FallbackChat([Failing(UpstreamFailed("a")), MemoryChat()])))
    assert b"".join(pieces).count(b'"one "') == 1


def test_a_stream_that_has_begun_is_not() -> None:
    with pytest.raises(UpstreamFailed):
        asyncio.run(read(FallbackChat([Failing(UpstreamFailed("a"), after=2), MemoryChat()])))


def test_a_surface_goes_to_the_one_that_offers_it() -> None:
    class Embedding(MemoryChat):
        @property
        def surfaces(self) -> frozenset[str]:
            return frozenset({EMBEDDINGS})

        async def forward(
            self, surface: str, body: bytes, content_type: str, *, deadline_s: float
        ) -> ForwardedAnswer:
            del body, content_type, deadline_s
            return ForwardedAnswer(200, "text/plain", surface.encode())

    chat = FallbackChat([MemoryChat(), Embedding()])
    assert chat.surfaces == {CHAT, EMBEDDINGS}
    answer = asyncio.run(chat.forward(EMBEDDINGS, b"", "", deadline_s=10))
    assert answer.body == b"embeddings"


def test_models_of_all_that_answer() -> None:
    down = Failing(UpstreamFailed("down"))
    chat = FallbackChat([down, MemoryChat(model="a"), MemoryChat(model="b"), MemoryChat(model="a")])
    assert [one["id"] for one in asyncio.run(chat.models())] == ["a", "b"]
    with pytest.raises(UpstreamFailed):
        asyncio.run(FallbackChat([down]).models())


def test_one_that_answers_is_enough_for_a_ping() -> None:
    down = Failing(UpstreamFailed("down"))
    asyncio.run(FallbackChat([down, MemoryChat()]).ping())
    with pytest.raises(UpstreamFailed):
        asyncio.run(FallbackChat([down, down]).ping())


def test_none_is_too_few() -> None:
    with pytest.raises(Misconfigured):
        FallbackChat([])
