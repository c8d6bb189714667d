"""Answer in time where somebody in front stops waiting."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from faceplate.domain.errors import UpstreamFailed
from faceplate.http.errors import problem
from faceplate.http.facts import facts_of

DEADLINE = "faceplate.deadline_s"
"""Where an entry point leaves the moment, on the loop's clock, when an answer is too late."""


class Deadline:
    """Keep an answer back until it is whole, and replace one that comes too late.

    Behind a gateway that takes answers whole this costs nothing, and a stream that was cut off by
    the clock never looks like one that ended.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; without a deadline, as if this layer were not there."""
        until_s: float | None = scope.get(DEADLINE)
        if scope["type"] != "http" or until_s is None:
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        try:
            async with asyncio.timeout_at(until_s):
                await self._app(scope, receive, hold)
        except TimeoutError:
            error = UpstreamFailed(
                "There was no answer in the time the gateway waits; what was begun may have been "
                "done. Asking again is safe for indexing and deleting.",
                code="deadline_exceeded",
            )
            await problem(error, facts_of(scope).request_id)(scope, receive, send)
            return
        for message in held:
            await send(message)
