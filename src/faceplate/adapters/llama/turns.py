"""One generation at a time, and a line of bounded length before it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from faceplate.adapters.llama.errors import too_late
from faceplate.domain.errors import Busy

_FIRST_GUESS_S = 5.0
_LONGEST_WAIT_S = 60.0


class Turns:
    """Let one caller in at a time, in the order they came; ``max_waiting`` may stand in line.

    A CPU does not answer two at once any sooner than one after the other, and memory for several
    long contexts is not there. Used from one event loop.
    """

    def __init__(self, max_waiting: int) -> None:
        self._max_waiting = max_waiting
        self._lock = asyncio.Lock()
        self._waiting = 0
        self._usual_s = _FIRST_GUESS_S

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return self._waiting

    @contextlib.asynccontextmanager
    async def one(self, ends_s: float) -> AsyncIterator[None]:
        """Wait for the turn until ``ends_s``, by the loop's clock, and hold it.

        Raises:
            Busy: The line is full (code ``model_queue_full``); the wait is a guess from the past.
            UpstreamFailed: The deadline came first.
        """
        if self._lock.locked() and self._waiting >= self._max_waiting:
            raise Busy(
                f"The embedded language model answers one request at a time, and "
                f"{self._waiting} are waiting already.",
                retry_after_s=min(max(1.0, self._usual_s * (self._waiting + 1)), _LONGEST_WAIT_S),
                code="model_queue_full",
            )
        self._waiting += 1
        try:
            async with asyncio.timeout_at(ends_s):
                await self._lock.acquire()
        except TimeoutError as exc:
            raise too_late() from exc
        finally:
            self._waiting -= 1
        started_s = time.monotonic()
        try:
            yield
        finally:
            self._lock.release()
            self._usual_s += (time.monotonic() - started_s - self._usual_s) / 4
