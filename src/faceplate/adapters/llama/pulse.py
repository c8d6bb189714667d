"""Noticing a child that runs and answers nobody, and ending it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from faceplate.adapters.llama.child_process import ChildProcess

_MISSES = 3
"""So often in a row it must have been silent; a machine may be short of breath for a moment."""


class Pulse:
    """Ask a child now and then whether it lives. Used from one event loop.

    One that computes answers all the same: llama.cpp has threads of its own for that. Measured on
    two cores with a load of ten: 0.2 s while a prompt of 3,000 tokens was read.
    """

    def __init__(self, answer_s: float) -> None:
        self._answer_s = answer_s
        self._child: ChildProcess | None = None
        self._misses = 0
        self._asking: asyncio.Task[bool] | None = None

    async def beats(self, child: ChildProcess) -> bool:
        """Tell whether a child answers; it is ended when it has not too often."""
        if self._child is not child:
            self._child, self._misses, self._asking = child, 0, None
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(child), name="pulse")
        # Whoever asks at the same time gets the same answer, and a miss counts once.
        return await asyncio.shield(self._asking)

    def has_stopped(self, child: ChildProcess) -> bool:
        """Tell whether a child was ended here."""
        return self._child is child and self._misses >= _MISSES

    @contextlib.asynccontextmanager
    async def watching(self, child: ChildProcess) -> AsyncIterator[None]:
        """Ask all the time while the block waits for the child."""
        watch = asyncio.create_task(self._watch(child), name="watch")
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.wait({watch})

    async def _watch(self, child: ChildProcess) -> None:
        while child.is_alive:
            await asyncio.sleep(self._answer_s / 3)
            await self.beats(child)

    async def _ask(self, child: ChildProcess) -> bool:
        if await child.answers(within_s=self._answer_s):
            self._misses = 0
            return True
        self._misses += 1
        if self._misses >= _MISSES:
            child.kill()
        return False
