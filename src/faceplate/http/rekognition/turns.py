"""A queue in front of the picture threads, for callers who would rather wait than try again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from faceplate.domain.errors import Busy
from faceplate.http.workers import Workers

Result = TypeVar("Result")

MAX_WAITING = 256
_AT_A_TIME = 4
"""Pieces of work handed over for each thread; the other half of its places is left to REST."""


class Turns:
    """Let up to 256 requests wait for the picture threads instead of refusing them at once."""

    def __init__(self, workers: Workers, threads: int) -> None:
        self._workers = workers
        self._places = asyncio.Semaphore(threads * _AT_A_TIME)
        self._waiting = 0

    async def work(self, job: Callable[[], Result]) -> Result:
        """Run picture work when its turn comes.

        Raises:
            Busy: Too many are waiting.
        """
        if self._waiting >= MAX_WAITING:
            raise Busy("Too many pictures are waiting; try again in a moment.")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            return await self._workers.work(job)
        finally:
            self._places.release()
