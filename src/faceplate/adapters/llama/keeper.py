"""Keeping a child process alive: started on first need, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from faceplate.adapters.llama.child_process import ChildProcess, ModelOrder
from faceplate.adapters.llama.errors import restarting
from faceplate.domain.errors import Busy, FaceplateError

Start: TypeAlias = Callable[[ModelOrder], Awaitable[ChildProcess]]

_BACK_OFF_S = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Waits before the first, second … new start; the first crash is mended at once."""

_STABLE_S = 60.0
"""A child that lived this long has its earlier crashes forgotten."""

_AGAIN_S = 1.0
"""How soon a start that could not even begin is tried again."""

_WORTH_WAITING_S = 3.0
"""A caller waits this long for a restart; for more it is told to come back."""


class Keeper:
    """Hold one child process. Used from one event loop; callers share whatever is going on.

    ``prepare`` finds out what to load and is awaited before every start; the `Busy` it may raise
    goes to the callers and counts as no failure.
    """

    def __init__(
        self,
        prepare: Callable[[], Awaitable[ModelOrder]],
        start: Start,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._prepare = prepare
        self._start = start
        self._monotonic_s = monotonic_s
        self._task: asyncio.Task[None] | None = None
        self._child: ChildProcess | None = None
        self._changed = asyncio.Condition()
        self._crashes = 0
        self._failure: FaceplateError | None = None
        self._next_start_s = 0.0
        self._closed = False

    @property
    def failure(self) -> FaceplateError | None:
        """What made the last start fail, until one succeeds."""
        return self._failure

    @property
    def child(self) -> ChildProcess | None:
        """The child that is serving now."""
        child = self._child
        return child if child is not None and child.is_alive else None

    async def get(self) -> ChildProcess:
        """Return the serving child, starting it when there is none; wait while it loads.

        Raises:
            Busy: It crashed and is not started again yet (code ``model_restarting``).
            FaceplateError: Whatever made the last start fail; the next start comes later.
        """
        while True:
            if self.child is not None:
                return self.child
            if self._closed:
                raise restarting(1.0)
            wait_s = self._next_start_s - self._monotonic_s()
            if self._failure is not None and wait_s > 0:
                raise self._failure
            if wait_s > _WORTH_WAITING_S:
                raise restarting(wait_s)
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._keep(), name="language model")
            async with self._changed:
                await self._changed.wait_for(lambda: self.child is not None or self._task is None)
            if self.child is None and self._failure is not None:
                raise self._failure

    async def close(self) -> None:
        """End the child for good; calling it twice is fine."""
        self._closed = True
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _keep(self) -> None:
        """Start, wait for the end, start again; give up at the first start that fails."""
        try:
            while not self._closed:
                await asyncio.sleep(max(0.0, self._next_start_s - self._monotonic_s()))
                started_s = self._monotonic_s()
                await self._run_once()
                if self._monotonic_s() - started_s > _STABLE_S:
                    self._crashes = 0
                self._note_crash()
        except Busy as exc:
            self._failure = exc
        except FaceplateError as exc:
            self._failure = exc
            self._note_crash()
            # A start that fails will fail again until somebody mends it: not at once.
            self._next_start_s = max(self._next_start_s, self._monotonic_s() + _AGAIN_S)
        finally:
            self._task = None
            await self._tell()

    async def _run_once(self) -> None:
        child = await self._start(await self._prepare())
        self._child, self._failure = child, None
        try:
            await self._tell()
            await child.ended()
        finally:
            self._child = None
            await child.end()

    def _note_crash(self) -> None:
        wait_s = _BACK_OFF_S[min(self._crashes, len(_BACK_OFF_S) - 1)]
        self._crashes += 1
        self._next_start_s = self._monotonic_s() + wait_s

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
