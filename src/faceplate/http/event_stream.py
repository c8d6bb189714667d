"""Server-sent events, passed on as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from typing import Any, TypeVar

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from faceplate.domain.errors import FaceplateError
from faceplate.http.errors import CLIENT_GONE
from faceplate.http.openai_errors import error_event

Result = TypeVar("Result")

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment: proxies see traffic, clients see nothing."""

_WATCH_AFTER_S = 0.25
"""Quick answers are not worth a task that looks for the caller's leaving."""


class ClientGone(Exception):
    """The caller left before there was an answer."""


class EventStream(Response):
    """An answer of events; the generator is closed at once when the caller leaves.

    The status is held back until the first event or, at the latest, until ``keep_alive_s`` have
    passed, so that an error before the first event is an answer with its own status. From then on
    a comment is sent whenever nothing else was for ``keep_alive_s``, and an error is an event.
    """

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        keep_alive_s: float,
        refuse: Callable[[FaceplateError], Response],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        fixed = {"cache-control": "no-cache", "x-accel-buffering": "no"}
        super().__init__(headers={**fixed, **(headers or {})}, media_type="text/event-stream")
        del self.headers["content-length"]
        self._events = events
        self._keep_alive_s = keep_alive_s
        self._refuse = refuse
        self._started = False
        self._sent_at_s = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until they end, fail or nobody wants them any more."""
        try:
            await unless_gone(receive, self._send_all(scope, receive, send), watch_after_s=0.0)
        except ClientGone:
            return
        finally:
            await self._events.aclose()

    async def _send_all(self, scope: Scope, receive: Receive, send: Send) -> None:
        ticking = asyncio.get_running_loop().create_task(self._keep_alive(send))
        try:
            async for piece in self._events:
                await self._pass_on(piece, send)
            await self._start(send)
        except FaceplateError as exc:
            if not self._started:
                ticking.cancel()
                await self._refuse(exc)(scope, receive, send)
                return
            await send(_piece(error_event(exc)))
        except Exception:
            # What nobody foresaw is logged further out; the client must not take it for the end.
            failed = FaceplateError("Something went wrong on our side.")
            if self._started:
                await send(_piece(error_event(failed)))
                await send(_piece(b"", more=False))
            else:
                ticking.cancel()
                await self._refuse(failed)(scope, receive, send)
            raise
        finally:
            ticking.cancel()
        await send(_piece(b"", more=False))

    async def _pass_on(self, piece: bytes, send: Send) -> None:
        if not self._started:
            await self._start(send)
        await send(_piece(piece))
        self._sent_at_s = asyncio.get_running_loop().time()

    async def _keep_alive(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        self._sent_at_s = loop.time()
        while True:
            quiet_s = loop.time() - self._sent_at_s
            await asyncio.sleep(max(self._keep_alive_s - quiet_s, 0.01))
            if loop.time() - self._sent_at_s >= self._keep_alive_s:
                await self._start(send)
                await self._pass_on(KEEP_ALIVE, send)

    async def _start(self, send: Send) -> None:
        if not self._started:
            self._started = True
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )


class PieceStream(EventStream):
    """An answer of bytes that come in pieces, such as speech; no comments are put between."""

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        *,
        status: int,
        content_type: str,
        refuse: Callable[[FaceplateError], Response],
    ) -> None:
        super().__init__(pieces, keep_alive_s=1e9, refuse=refuse)
        self.status_code = status
        self.headers["content-type"] = content_type


async def unless_gone(
    receive: Receive,
    work: Coroutine[Any, Any, Result],
    *,
    watch_after_s: float = _WATCH_AFTER_S,
) -> Result:
    """Do work for a caller who may leave; it is cancelled within moments when that happens.

    Raises:
        ClientGone: The caller left.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    if task is None:
        return await work
    watchers: list[asyncio.Task[None]] = []
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        task.cancel()

    timer = loop.call_later(watch_after_s, lambda: watchers.append(loop.create_task(watch())))
    try:
        return await work
    except asyncio.CancelledError:
        if gone and not task.uncancel():
            raise ClientGone from None
        raise
    finally:
        timer.cancel()
        for watcher in watchers:
            watcher.cancel()


def gone_response() -> Response:
    """Return what the log and the metrics show for a caller who left."""
    return Response(status_code=CLIENT_GONE)


def _piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
