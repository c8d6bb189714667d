"""Several language models behind one another: when one cannot, the next is asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from faceplate.domain.errors import (
    Busy,
    FaceplateError,
    Misconfigured,
    Unsupported,
    UpstreamFailed,
)
from faceplate.ports.chat import Chat, ChatBody, ForwardedAnswer

Result = TypeVar("Result")

_NEXT_MAY_KNOW = frozenset({404})
"""A model that one provider does not have may be another's."""


class FallbackChat:
    """Ask the first of several; on a failure that is its own, ask the next with the time left.

    A request that is wrong stays wrong, so refusals are handed back at once. A stream is handed
    over only before its first event. All but the last get half of the time that is left, so that
    one that hangs leaves some for the others; a stream may need all of it, there the provider's
    own bound on silence decides.
    """

    def __init__(self, chats: Sequence[Chat]) -> None:
        if not chats:
            raise Misconfigured("No provider is configured.", code="setting_invalid")
        self._chats = tuple(chats)

    @property
    def name(self) -> str:
        """All names, in order."""
        return ", ".join(chat.name for chat in self._chats)

    @property
    def surfaces(self) -> frozenset[str]:
        """What any of them offers."""
        return frozenset().union(*(chat.surfaces for chat in self._chats))

    async def complete(self, body: ChatBody, *, deadline_s: float) -> ChatBody:
        """Answer a chat as one ``chat.completion`` object."""
        return await self._first(
            self._chats, deadline_s, lambda chat, left_s: chat.complete(body, deadline_s=left_s)
        )

    async def stream(self, body: ChatBody, *, deadline_s: float) -> AsyncGenerator[bytes, None]:
        """Answer a chat as server-sent events, as they arrive."""
        source, first = await self._first(
            self._chats, deadline_s, lambda chat, left_s: _begin(chat, body, left_s), share=False
        )
        async with contextlib.aclosing(source) as events:
            yield first
            async for piece in events:
                yield piece

    async def forward(
        self, surface: str, body: bytes, content_type: str, *, deadline_s: float
    ) -> ForwardedAnswer:
        """Send a body to the first that offers the surface."""
        able = [chat for chat in self._chats if surface in chat.surfaces]
        if not able:
            # Its own words say best what to configure.
            return await self._chats[0].forward(surface, body, content_type, deadline_s=deadline_s)
        return await self._first(
            able,
            deadline_s,
            lambda chat, left_s: chat.forward(surface, body, content_type, deadline_s=left_s),
        )

    async def models(self) -> Sequence[Mapping[str, Any]]:
        """List the models of all that answer, the first one's first.

        Raises:
            FaceplateError: None of them answered; the first one's error.
        """
        found = await asyncio.gather(
            *(chat.models() for chat in self._chats), return_exceptions=True
        )
        lists = [one for one in found if not isinstance(one, BaseException)]
        if not lists:
            raise next(one for one in found if isinstance(one, BaseException))
        known: dict[object, Mapping[str, Any]] = {}
        for model in (model for one in lists for model in one):
            known.setdefault(model.get("id"), model)
        return list(known.values())

    async def ping(self) -> None:
        """Raise when not one of them could answer."""
        found = await asyncio.gather(*(chat.ping() for chat in self._chats), return_exceptions=True)
        failures = [one for one in found if isinstance(one, BaseException)]
        if len(failures) == len(self._chats):
            raise failures[0]

    async def close(self) -> None:
        """Close all of them."""
        await asyncio.gather(*(chat.close() for chat in self._chats))

    async def _first(
        self,
        chats: Sequence[Chat],
        deadline_s: float,
        ask: Callable[[Chat, float], Awaitable[Result]],
        *,
        share: bool = True,
    ) -> Result:
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + deadline_s
        *earlier, last = chats
        for chat in earlier:
            left_s = ends_s - loop.time()
            try:
                return await ask(chat, left_s / 2 if share else left_s)
            except FaceplateError as exc:
                if not _is_its_own(exc) or loop.time() >= ends_s:
                    raise
        return await ask(last, ends_s - loop.time())


def _is_its_own(error: FaceplateError) -> bool:
    """Tell whether a failure says more about the provider than about the request."""
    if isinstance(error, (Busy, Misconfigured, Unsupported, UpstreamFailed)):
        return True
    return error.details.get("status") in _NEXT_MAY_KNOW


async def _begin(
    chat: Chat, body: ChatBody, deadline_s: float
) -> tuple[AsyncGenerator[bytes, None], bytes]:
    """Start a stream and wait for its first events."""
    source = chat.stream(body, deadline_s=deadline_s)
    try:
        return source, await anext(source)
    except StopAsyncIteration as exc:
        raise UpstreamFailed(
            f"The provider {chat.name} ended a stream before it began.", code="upstream_cut_off"
        ) from exc
    except BaseException:
        await source.aclose()
        raise
