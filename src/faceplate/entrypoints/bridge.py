"""The ASGI app under AWS Lambda: one event in, one answer out, in time."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Protocol

from starlette.types import ASGIApp, Message

from faceplate.domain.errors import FaceplateError, InvalidInput
from faceplate.domain.keys import ApiKey, KeyScope
from faceplate.entrypoints.gateway_events import (
    GatewayRequest,
    NotAGatewayEvent,
    read_event,
    write_answer,
)
from faceplate.http.auth import ADMITTED
from faceplate.http.deadline import DEADLINE
from faceplate.http.errors import problem

MARGIN_S = 1.0
"""Left of the function's time when a request is given up, so that the answer still gets out."""

SETTLE_MARGIN_S = 0.3
"""Left of it when the answer goes out although its books are not written yet."""

_CORS = {"access-control-allow-origin": "*"}
_log = logging.getLogger("faceplate.lambda")


class LambdaContext(Protocol):
    """What the runtime says about an invocation."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the function may still run."""


class Bridge:
    """Serve API Gateway's events with an ASGI app that lives as long as the process.

    ``begin`` runs once, on the loop; ``settle`` after every request, in a thread: a function is
    frozen between requests, so that nothing may be left for later. A ``settle`` that does not end
    in time is left all the same, for an answer is worth more: it goes on with the next request,
    which waits for it first.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        begin: Callable[[], Coroutine[Any, Any, None]],
        settle: Callable[[], None],
    ) -> None:
        self._app = app
        self._settle = settle
        self._settling: asyncio.Future[None] | None = None
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(begin())

    def __call__(self, event: object, context: LambdaContext) -> dict[str, Any]:
        """Answer one event.

        Raises:
            NotAGatewayEvent: It comes from another service; Lambda reports the failure.
        """
        try:
            request = read_event(event)
        except NotAGatewayEvent as exc:
            if not (isinstance(event, dict) and "httpMethod" in event):
                raise
            error = InvalidInput(str(exc), code="event_invalid")
            return self._loop.run_until_complete(_render(error, context.aws_request_id))
        return self._loop.run_until_complete(self._serve(request, context))

    def close(self, end: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let go of the loop; for callers that outlive it, as Lambda's never does."""
        self._loop.run_until_complete(end())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _serve(self, request: GatewayRequest, context: LambdaContext) -> dict[str, Any]:
        left_s = context.get_remaining_time_in_millis() / 1000
        request.scope[DEADLINE] = self._loop.time() + max(0.05, left_s - MARGIN_S)
        admit(request)
        status, headers, body = await exchange(self._app, request)
        left_s = context.get_remaining_time_in_millis() / 1000
        await self._settle_up(self._loop.time() + left_s - SETTLE_MARGIN_S)
        answer = write_answer(status, headers, body)
        if answer is None:
            error = FaceplateError(
                "The answer has more bytes than a function may give.",
                code="answer_too_large",
            )
            answer = await _render(error, _request_id(headers, context.aws_request_id))
        return answer

    async def _settle_up(self, deadline: float) -> None:
        """Do what must not be left for later; an answer that was made goes out all the same."""
        if not await self._settled(deadline):  # what an earlier request has left
            return
        self._settling = self._loop.run_in_executor(None, self._settle)
        await self._settled(deadline)

    async def _settled(self, deadline: float) -> bool:
        """Wait for what is being settled until a moment of the loop; tell whether it has ended."""
        settling = self._settling
        if settling is None:
            return True
        await asyncio.wait([settling], timeout=max(0.0, deadline - self._loop.time()))
        error = settling.exception() if settling.done() else TimeoutError()
        if error is not None:
            # Whatever it is, the caller has paid already.
            _log.error(json.dumps({"event": "lambda.settle", "type": type(error).__qualname__}))
        if not settling.done():
            return False
        self._settling = None
        return True


def admit(request: GatewayRequest) -> None:
    """Let in whom the gateway let in: it has checked the key and counted the request.

    A request without a key in it goes on to the routes, which refuse it where they need one.
    """
    has_key = any(name == b"x-api-key" and value for name, value in request.scope["headers"])
    if request.key_id is not None or has_key:
        key_id = request.key_id or "gateway"
        request.scope[ADMITTED] = ApiKey(key_id, key_id, KeyScope.ADMIN, "", datetime.now(UTC))


async def exchange(
    app: ASGIApp, request: GatewayRequest
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Send one request through an app; return status, headers and the whole body."""
    sent = False
    status = 0
    headers: list[tuple[bytes, bytes]] = []
    pieces: list[bytes] = []

    async def receive() -> Message:
        nonlocal sent
        if sent:
            # Nobody hangs up on a function.
            await asyncio.get_running_loop().create_future()
        sent = True
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.extend((bytes(name), bytes(value)) for name, value in message["headers"])
        elif message["type"] == "http.response.body":
            pieces.append(message.get("body", b""))

    await app(request.scope, receive, send)
    return status, headers, b"".join(pieces)


def on_snapshot(warm_up: Callable[[], None]) -> None:
    """Warm up before SnapStart's snapshot is taken, where there is one.

    Nothing that must be unique may be made by then; pseudo-random numbers are seeded afresh in
    every copy.
    """
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start":
        return
    from snapshot_restore_py import (  # noqa: PLC0415 -- of the runtime, where it takes snapshots
        register_after_restore,
        register_before_snapshot,
    )

    register_before_snapshot(warm_up)
    register_after_restore(random.seed)


def log_to_lambda(level: str) -> None:
    """Write log events as they are, one JSON line each, where Lambda collects them."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    ours = logging.getLogger("faceplate")
    ours.handlers[:] = [handler]
    ours.propagate = False
    ours.setLevel(level.upper())


def log_event(event: str, **facts: object) -> None:
    """Write one log event."""
    _log.info(json.dumps({"event": event, **facts}))


async def _render(error: FaceplateError, request_id: str) -> dict[str, Any]:
    response = problem(error, request_id, _CORS)
    answer = write_answer(response.status_code, response.raw_headers, bytes(response.body))
    if answer is None:  # pragma: no cover -- a problem is some hundred bytes
        raise ValueError("a problem past the limit")
    return answer


def _request_id(headers: list[tuple[bytes, bytes]], other: str) -> str:
    return next((value.decode() for name, value in headers if name == b"x-request-id"), other)
