"""Picture work beside the event loop, and how much of it may wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from faceplate.domain.errors import Busy

Result = TypeVar("Result")

WAITING_FOR_EACH_THREAD = 8


class Workers:
    """Run picture work in a few threads; refuse more than eight waiting for each of them.

    Everything else that may touch the disk goes to the event loop's own pool by `read`, so that a
    listing never waits behind pictures. Use it from one event loop at a time.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._present = 0

    @property
    def present(self) -> int:
        """How many pieces of picture work run or wait."""
        return self._present

    def require_room(self) -> None:
        """Refuse early, before a body is read.

        Raises:
            Busy: Every thread works and the queue is full.
        """
        if self._present >= self._threads * (1 + WAITING_FOR_EACH_THREAD):
            raise Busy("Too many pictures are waiting; try again in a moment.")

    async def work(self, job: Callable[[], Result]) -> Result:
        """Run picture work; it goes on to its end even when nobody waits for it any more.

        Raises:
            Busy: As `require_room`.
        """
        self.require_room()
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="pictures")
        self._present += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, job)
        future.add_done_callback(self._left)
        return await asyncio.shield(future)

    async def read(self, job: Callable[[], Result]) -> Result:
        """Run work on records and files in the loop's own pool."""
        return await asyncio.get_running_loop().run_in_executor(None, job)

    async def close(self) -> None:
        """Wait for what runs, drop what waits, and give the threads back."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    def _left(self, future: asyncio.Future[Result]) -> None:
        self._present -= 1
        if not future.cancelled():
            future.exception()  # seen, even when the caller has gone
