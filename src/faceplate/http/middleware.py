"""What surrounds every request: id, headers, CORS, the last net for errors, log and metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faceplate.domain.errors import ImageTooLarge, InvalidParameter
from faceplate.http.access_log import AccessLog
from faceplate.http.cors import Cors, RawHeader
from faceplate.http.errors import CLIENT_GONE, problem, unexpected
from faceplate.http.facts import RequestFacts, choose_request_id
from faceplate.http.metrics import Metrics
from faceplate.http.options import HttpOptions

_MAX_NAMES = 20
_MAX_NAME_CHARS = 64
_FIXED = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
_OURS = frozenset({b"x-request-id", *(name for name, _ in _FIXED)})
_NO_STORE = (b"cache-control", b"no-store")


class Envelope:
    """The outermost layer, pure ASGI.

    HEAD is served as GET without the body. Whatever fails below becomes a problem answer here, so
    that it carries the same headers as any other.
    """

    def __init__(self, app: ASGIApp, *, options: HttpOptions, metrics: Metrics) -> None:
        self._app = app
        self._options = options
        self._metrics = metrics
        self._cors = Cors(options.cors_origins)
        self._log = AccessLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass on what is not HTTP."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        offered, origin = _caller_headers(scope)
        facts = RequestFacts(choose_request_id(offered))
        method = scope["method"]
        inner = {**scope, "method": "GET" if method == "HEAD" else method}
        facts.put_into(inner)
        answer = _Answer(send, origin, facts, self._cors, head=method == "HEAD")
        try:
            await self._serve(inner, receive, answer, facts)
        except asyncio.CancelledError:
            answer.status = answer.status or CLIENT_GONE
            raise
        except Exception as exc:  # noqa: BLE001 -- the last net: nothing may pass unanswered
            response = unexpected(exc, facts.request_id)
            if answer.status is None:
                await response(inner, receive, answer.send)
        finally:
            self._record(inner, method, facts, answer.status, time.perf_counter() - started)

    async def _serve(
        self,
        scope: Scope,
        receive: Receive,
        answer: _Answer,
        facts: RequestFacts,
    ) -> None:
        if scope["method"] == "OPTIONS":
            await self._cors.preflight(Headers(scope=scope))(scope, receive, answer.send)
        elif not _is_utf8(scope.get("raw_path") or b""):
            error = InvalidParameter(
                "The path is not UTF-8 once percent-decoded.", parameter="path", code="path_invalid"
            )
            await problem(error, facts.request_id)(scope, receive, answer.send)
        else:
            await self._app(scope, receive, answer.send)

    def _record(
        self, scope: Scope, method: str, facts: RequestFacts, status: int | None, seconds: float
    ) -> None:
        route: str | None = getattr(scope.get("route"), "path_format", None)
        self._metrics.observe(route, method, status or CLIENT_GONE, seconds)
        if not self._log.wanted:
            return
        event: dict[str, Any] = {
            "event": "http.request",
            "request_id": facts.request_id,
            "method": method[:16],
            "route": route,
            "status": status or CLIENT_GONE,
            "duration_ms": round(seconds * 1000, 2),
            "mode": self._options.mode,
            "key_id": facts.key_id,
            "face_count": facts.face_count,
        }
        if self._options.debug_mode:
            event["body_bytes"] = facts.body_bytes
            event["query_names"] = _query_names(scope)
        self._log.note(event)


class _Answer:
    """Dress every answer, and remember its status."""

    def __init__(
        self, send: Send, origin: bytes | None, facts: RequestFacts, cors: Cors, *, head: bool
    ) -> None:
        self._send = send
        self._origin = origin
        self._facts = facts
        self._cors = cors
        self._head = head
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        """Pass a message on, with our headers on the first and no body for HEAD."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": self._dress(message["headers"])}
        elif self._head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    def _dress(self, given: Iterable[RawHeader]) -> list[RawHeader]:
        """Return an answer's headers with those that every answer has."""
        headers = [(b"x-request-id", self._facts.request_id.encode("ascii")), *_FIXED]
        cached = False
        for header in given:
            if header[0] not in _OURS:
                headers.append(header)
                cached = cached or header[0] == b"cache-control"
        if not cached:
            headers.append(_NO_STORE)
        self._cors.mark(self._origin, headers)
        return headers


def _caller_headers(scope: Scope) -> tuple[str | None, bytes | None]:
    """Return the id that the caller offers for the request, and the origin it comes from."""
    offered = origin = None
    for name, value in scope["headers"]:
        if name == b"x-request-id" and offered is None:
            offered = value.decode("latin-1")
        elif name == b"origin" and origin is None:
            origin = value
    return offered, origin


class BodyLimit:
    """Stop reading a body at the limit, whether its length was announced or not."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is read; a body past the limit raises where it is read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_bytes:
                raise body_too_large(self._max_bytes)
            return message

        await self._app(scope, counted, send)


def body_too_large(max_bytes: int) -> ImageTooLarge:
    """Make the error for a body past a limit."""
    return ImageTooLarge(
        f"The body may have at most {max_bytes} bytes.",
        code="body_too_large",
        details={"max_bytes": max_bytes},
    )


def _is_utf8(raw_path: bytes) -> bool:
    try:
        unquote_to_bytes(raw_path).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _query_names(scope: Scope) -> list[str]:
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return sorted({name[:_MAX_NAME_CHARS] for name, _ in pairs})[:_MAX_NAMES]
