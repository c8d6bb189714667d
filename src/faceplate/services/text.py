"""The text half of the application, as the edges see it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from dataclasses import dataclass, field

from faceplate.domain.errors import FaceplateError, UpstreamFailed
from faceplate.ports.chat import Chat
from faceplate.services.completions import Completions
from faceplate.services.key_gate import KeyGate
from faceplate.services.model_list import ModelList
from faceplate.services.prompts import Prompts
from faceplate.services.surfaces import Surfaces
from faceplate.services.usage import Meter

_log = logging.getLogger("faceplate.text")
_BOOKS_S = 1.0
_PING_S = 10.0


@dataclass
class Text:
    """Every use case of language models, wired. Its models live on the loop of `begin`."""

    chat: Chat
    prompts: Prompts
    completions: Completions
    surfaces: Surfaces
    gate: KeyGate
    meter: Meter
    models: ModelList
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)
    _books: asyncio.Task[None] | None = field(default=None, init=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, init=False)

    async def begin(self) -> None:
        """Start keeping the books, on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._books = asyncio.create_task(self._keep_books())

    async def end(self) -> None:
        """Write what is not written yet and let go of the models' connections."""
        books, self._books = self._books, None
        if books is not None:
            books.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await books
        self._loop = None
        await asyncio.to_thread(self.write_books)
        await self.chat.close()

    def write_books(self) -> None:
        """Write usage and give back leased requests; blocks on the disk.

        What cannot be written is kept, and said in the log.
        """
        with self._guard:
            for work in (self.meter.flush, self.gate.give_back):
                try:
                    work()
                except FaceplateError as exc:
                    _log.error(json.dumps({"event": "text.books", "code": exc.code}))

    def ping(self) -> None:
        """Raise when no language model could answer; for threads beside the loop."""
        loop = self._loop
        if loop is None:
            return
        found = asyncio.run_coroutine_threadsafe(self.chat.ping(), loop)
        try:
            found.result(_PING_S)
        except TimeoutError as exc:
            found.cancel()
            raise UpstreamFailed(
                f"{self.chat.name} did not answer in time.", code="upstream_timeout"
            ) from exc

    async def _keep_books(self) -> None:
        while True:
            await asyncio.sleep(_BOOKS_S)
            await asyncio.to_thread(self.write_books)
