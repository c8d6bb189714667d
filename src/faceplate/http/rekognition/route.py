"""``POST /``: where programs made for Amazon Rekognition knock; `server` is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from faceplate.http.backend import Backend

if TYPE_CHECKING:
    from fastapi import FastAPI

    from faceplate.http.rekognition.server import RekognitionServer

_AMZ_JSON = b"application/x-amz-json"
_SIGNED = b"AWS4-"


class RekognitionRoute(Route):
    """Hand requests over to the server, which is imported when the first one comes.

    That takes 30 ms, which a start without such callers need not spend.
    """

    alone = False

    def __init__(self, backend: Backend) -> None:
        super().__init__(
            "/", _unused, methods=["POST"], name="rekognition", include_in_schema=False
        )
        self._backend = backend
        self._server: RekognitionServer | None = None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take what is posted to ``/`` and speaks the protocol, well or badly."""
        fits = scope["method"] == "POST" and scope["path"] == "/" and is_aws(scope["headers"])
        return (Match.FULL, {"route": self}) if fits else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        server = self._server or await self._start()
        await server.handle(scope, receive, send)

    async def _start(self) -> RekognitionServer:
        made = await self._backend.workers.read(self._make)
        self._server = self._server or made  # of those that came at once, the first one's
        return self._server

    def _make(self) -> RekognitionServer:
        from faceplate.http.rekognition.server import RekognitionServer  # noqa: PLC0415 -- see above

        return RekognitionServer(self._backend)


def is_aws(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Tell whether a request to ``/`` speaks this protocol, well or badly."""
    return any(
        name == b"x-amz-target"
        or (name == b"authorization" and value.startswith(_SIGNED))
        or (name == b"content-type" and value.lower().startswith(_AMZ_JSON))
        for name, value in headers
    )


def install(app: FastAPI) -> None:
    """Add the route to an app whose backend is there, before all others."""
    route = RekognitionRoute(app.state.backend)
    app.router.routes.append(route)
    app.state.hot = [*getattr(app.state, "hot", ()), route]


async def _unused() -> None:
    """Stand in where the framework wants an endpoint; `RekognitionRoute.handle` is what runs."""
