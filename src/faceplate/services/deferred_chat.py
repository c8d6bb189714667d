"""A language model that is made when it is first asked."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from faceplate.ports.chat import Chat, ChatBody, ForwardedAnswer


class DeferredChat:
    """Stand in for a language model whose making takes time; its name and surfaces are known."""

    def __init__(self, make: Callable[[], Chat], *, name: str, surfaces: frozenset[str]) -> None:
        self._make = make
        self._made: Chat | None = None
        self._name = name
        self._surfaces = surfaces

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        return self._name

    @property
    def surfaces(self) -> frozenset[str]:
        """What it offers."""
        return self._surfaces

    async def complete(self, body: ChatBody, *, deadline_s: float) -> ChatBody:
        """Answer a chat as one ``chat.completion`` object."""
        return await self._chat.complete(body, deadline_s=deadline_s)

    async def stream(self, body: ChatBody, *, deadline_s: float) -> AsyncGenerator[bytes, None]:
        """Answer a chat as server-sent events, as they arrive."""
        source = self._chat.stream(body, deadline_s=deadline_s)
        async with contextlib.aclosing(source) as events:
            async for piece in events:
                yield piece

    async def forward(
        self, surface: str, body: bytes, content_type: str, *, deadline_s: float
    ) -> ForwardedAnswer:
        """Send a body to another surface as it is, and bring back what it answers."""
        return await self._chat.forward(surface, body, content_type, deadline_s=deadline_s)

    async def models(self) -> Sequence[Mapping[str, Any]]:
        """List models as OpenAI's ``model`` objects."""
        return await self._chat.models()

    async def ping(self) -> None:
        """Raise when the next call could not work."""
        await self._chat.ping()

    async def close(self) -> None:
        """Close it if it was made; calling it twice is fine."""
        if self._made is not None:
            await self._made.close()

    @property
    def _chat(self) -> Chat:
        if self._made is None:
            self._made = self._make()
        return self._made
