"""The REST API without sockets: an ASGI application called in this process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import unquote

from faceplate.cli.transport import Answer, OpenAnswer
from faceplate.domain.errors import FaceplateError

Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Coroutine[Any, Any, None],
]

_LEAVE_S = 5.0
"""How long an application may take to notice that nobody waits for its answer any more."""


class InProcessTransport:
    """Call an ASGI application without sockets."""

    def __init__(
        self,
        app: AsgiApp,
        *,
        secret: str,
        concurrency: int,
        host: str = "127.0.0.1",
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._app = app
        self._secret = secret
        self._concurrency = concurrency
        self._host = host
        self._on_close = on_close
        self._lifespan: _Lifespan | None = None

    @property
    def concurrency(self) -> int:
        """One more than is worked on, so that the next picture is read meanwhile."""
        return self._concurrency + 1

    @property
    def place(self) -> str:
        """Where the API is, for people."""
        return "this process"

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Call the application once."""
        opened = await self.open(method, target, headers, body)
        async with contextlib.aclosing(opened.pieces) as pieces:
            whole = b"".join([piece async for piece in pieces])
        return Answer(opened.status, opened.headers, whole)

    async def open(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> OpenAnswer:
        """Call the application and return once its answer has begun."""
        if self._lifespan is None:
            self._lifespan = _Lifespan(self._app)
            await self._lifespan.start()
        exchange = _Exchange(body)
        sent = {"host": self._host, "x-api-key": self._secret, **headers}
        sent["content-length"] = str(len(body))
        path, _, query = target.partition("?")
        scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("ascii"),
            "root_path": "",
            "query_string": query.encode("ascii"),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 0),
            "server": (self._host, None),
            "state": dict(self._lifespan.state),
        }
        task = asyncio.create_task(self._app(scope, exchange.receive, exchange.send))
        await exchange.begin(task)
        return OpenAnswer(exchange.status, exchange.headers, exchange.pieces(task))

    async def close(self) -> None:
        """Let the application finish and release its files."""
        try:
            if self._lifespan is not None:
                await self._lifespan.stop()
        finally:
            self._on_close()


class _Exchange:
    """One request and its answer, from the application's side."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._parts: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._begun = asyncio.Event()
        self._over = asyncio.Event()
        self._whole = False
        self.status = 0
        self.headers: dict[str, str] = {}

    async def receive(self) -> Message:
        body, self._body = self._body, None
        if body is not None:
            return {"type": "http.request", "body": body, "more_body": False}
        await self._over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in message.get("headers", ())
            }
            self._begun.set()
        elif message["type"] == "http.response.body":
            self._parts.put_nowait(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                self._whole = True
                self._over.set()
                self._parts.put_nowait(None)

    async def begin(self, task: asyncio.Future[None]) -> None:
        """Wait until the answer has begun."""
        begun = asyncio.ensure_future(self._begun.wait())
        either: set[asyncio.Future[Any]] = {begun, task}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self._leave(task)
            raise
        finally:
            begun.cancel()
        if not self._begun.is_set():
            await self._check(task)

    async def pieces(self, task: asyncio.Future[None]) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes; leaving early tells the application so."""
        task.add_done_callback(lambda _: self._parts.put_nowait(None))
        try:
            while (part := await self._parts.get()) is not None:
                yield part
        finally:
            await self._leave(task)
        await self._check(task)

    async def _leave(self, task: asyncio.Future[None]) -> None:
        self._over.set()
        await asyncio.wait({task}, timeout=_LEAVE_S)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})

    async def _check(self, task: asyncio.Future[None]) -> None:
        """Raise what went wrong, unless the application has answered all the same.

        One that has answered 500 raises once more, for its server's log.
        """
        failure = None if task.cancelled() else task.exception()
        if self._whole:
            return
        if failure is not None:
            raise failure
        raise FaceplateError("The application ended without an answer.")


class _Lifespan:
    """Start and stop an application as its server would."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self.state: dict[str, Any] = {}
        self._orders: asyncio.Queue[Message] = asyncio.Queue()
        self._reports: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        scope: Message = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        self._task = asyncio.create_task(self._run(scope))
        await self._order("lifespan.startup")

    async def stop(self) -> None:
        await self._order("lifespan.shutdown")
        if self._task is not None:
            await self._task

    async def _run(self, scope: Message) -> None:
        await self._app(scope, self._orders.get, self._reports.put)

    async def _order(self, kind: str) -> None:
        """Give an order and wait until it is carried out or the application has ended."""
        if self._task is None or self._task.done():
            return
        await self._orders.put({"type": kind})
        report = asyncio.ensure_future(self._reports.get())
        await asyncio.wait({report, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not report.done():
            report.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await report
            await self._task
        elif report.result()["type"].endswith(".failed"):
            raise FaceplateError("The application could not start or stop.")
