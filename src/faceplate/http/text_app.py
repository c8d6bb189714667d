"""The routes of language models as a lean ASGI app, for a function that must start quickly."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from starlette.types import ASGIApp, Receive, Scope, Send

from faceplate.http.backend import TextApplication
from faceplate.http.deadline import Deadline
from faceplate.http.hot import HotPaths
from faceplate.http.metrics import Metrics
from faceplate.http.middleware import BodyLimit, Envelope
from faceplate.http.options import HttpOptions
from faceplate.http.routes import example_runs, openai_chat, openai_surfaces
from faceplate.http.routes.openai_chat import MAX_CHAT_BYTES
from faceplate.http.workers import Workers

HOT = (example_runs.routes, openai_chat.routes, openai_surfaces.routes)
"""The same declarations that the whole app serves."""


@dataclass(frozen=True, slots=True)
class TextBackend:
    """What the routes of language models work with."""

    application: TextApplication
    options: HttpOptions
    workers: Workers


class TextApp:
    """Serve hot routes at once; the framework is imported when another route is asked for.

    Answers are the whole app's own: routes, layers and errors are the same objects.
    """

    def __init__(self, application: TextApplication, options: HttpOptions) -> None:
        self._backend = TextBackend(application, options, Workers(options.worker_threads))
        self.state = SimpleNamespace(backend=self._backend)
        self._cold: ASGIApp | None = None
        self._hot = [one for hot in HOT for one in hot.make()]
        inner = HotPaths(self._serve_cold, routes=self._hot)
        limited = BodyLimit(inner, max_bytes=MAX_CHAT_BYTES)
        self._app = Envelope(Deadline(limited), options=options, metrics=Metrics(options.mode))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._app({**scope, "app": self}, receive, send)

    def warm_up(self) -> None:
        """Import and build what the first request of each kind would wait for."""
        from faceplate.http.schemas import examples  # noqa: F401, PLC0415

        self._whole()

    async def _serve_cold(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._whole()(scope, receive, send)

    def _whole(self) -> ASGIApp:
        if self._cold is None:
            from faceplate.http.app import create_cold_app  # noqa: PLC0415 -- a third of a second

            self._cold = create_cold_app(self._backend, self._hot)
        return self._cold
