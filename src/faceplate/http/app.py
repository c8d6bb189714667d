"""The HTTP edge as one ASGI app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from faceplate import __version__
from faceplate.http import errors, missing_routes, pages
from faceplate.http.answers import encode, json_answer
from faceplate.http.backend import Backend, HotBackend
from faceplate.http.bodies import longest_body_bytes
from faceplate.http.deadline import Deadline
from faceplate.http.hot import HotPaths, HotRoute
from faceplate.http.json_bodies import MAX_JSON_BYTES
from faceplate.http.metrics import Metrics
from faceplate.http.middleware import BodyLimit, Envelope
from faceplate.http.openapi import document
from faceplate.http.options import HttpOptions
from faceplate.http.rekognition import route as rekognition
from faceplate.http.rekognition.sizes import MAX_BODY_BYTES as MAX_AWS_BYTES
from faceplate.http.routes import (
    audit,
    backups,
    example_runs,
    examples,
    faces,
    images,
    keys,
    openai_chat,
    openai_surfaces,
    people,
    person_faces,
    recognition,
    system,
    uploads,
    usage,
)
from faceplate.http.routes.openai_chat import MAX_CHAT_BYTES
from faceplate.http.schemas.examples import RunRequest
from faceplate.http.schemas.faces import FaceQuery
from faceplate.http.schemas.keys import BackupPlace, NewKey
from faceplate.http.schemas.openai import ChatRequest, ForwardedRequest, OpenAiErrorBody
from faceplate.http.schemas.people import FaceAssignment, Merge, NewPerson, PersonChange, Purge
from faceplate.http.schemas.uploads import NewUpload
from faceplate.http.workers import Workers
from faceplate.services.application import Application
from faceplate.services.enrolment import Enrolment

NOUNS = (
    recognition,
    images,
    faces,
    people,
    person_faces,
    uploads,
    audit,
    keys,
    backups,
    system,
    examples,
    usage,
)
HOT = (example_runs.routes, openai_chat.routes, openai_surfaces.routes)
OTHER_LIMITS = (MAX_JSON_BYTES, MAX_CHAT_BYTES, MAX_AWS_BYTES)
REQUESTS = (
    BackupPlace,
    ChatRequest,
    FaceAssignment,
    FaceQuery,
    ForwardedRequest,
    Merge,
    NewKey,
    NewPerson,
    NewUpload,
    OpenAiErrorBody,
    PersonChange,
    Purge,
    RunRequest,
)


class _App(FastAPI):
    """The framework inside our own layers.

    `add_middleware` would lay them inside the framework's, of which each costs a hot route time
    and gives it nothing.
    """

    surround: Callable[[ASGIApp], ASGIApp] = staticmethod(lambda framework: framework)

    def build_middleware_stack(self) -> ASGIApp:
        """Put identity, limits and the hot routes in front of everything else."""
        framework = super().build_middleware_stack()
        if isinstance(framework, ServerErrorMiddleware):  # its last net would answer before ours
            framework = framework.app
        return self.surround(framework)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request without asking, each time, who wants the framework's traces."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        scope["app"] = self
        await self.middleware_stack(scope, receive, send)


def create_app(
    application: Application,
    options: HttpOptions,
    *,
    on_close: Callable[[], None] = lambda: None,
) -> FastAPI:
    """Build the ASGI app around an application, which the caller warms up and closes.

    ``on_close`` runs at shutdown, after the last picture; for a caller who cannot close it later.
    """
    metrics = Metrics(options.mode)
    workers = Workers(options.worker_threads)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await application.text.begin()
        yield
        await application.text.end()
        await workers.close()
        await asyncio.to_thread(on_close)

    app = _framework(lifespan)
    app.state.backend = Backend(
        application=application,
        enrolment=Enrolment(
            faces=application.faces, people=application.people, keeper=application.keeper
        ),
        options=options,
        workers=workers,
        metrics=metrics,
    )
    for noun in NOUNS:
        noun.routes.install(app)
    for routes in HOT:
        routes.install(app)
    rekognition.install(app)
    app.router.routes.append(Route("/openapi.json", _serve_document, include_in_schema=False))
    pages.install(app)
    errors.install(app)
    missing_routes.install(app)
    longest = max(longest_body_bytes(options.max_image_bytes, 2), *OTHER_LIMITS)

    def surround(framework: ASGIApp) -> ASGIApp:
        inner: ASGIApp = BodyLimit(HotPaths(framework, routes=app.state.hot), max_bytes=longest)
        if options.gateway:
            inner = Deadline(inner)
        return Envelope(inner, options=options, metrics=metrics)

    app.surround = surround
    return app


def create_cold_app(backend: HotBackend, hot: Sequence[HotRoute]) -> FastAPI:
    """Build the routes beside the hot ones of a function that serves language models alone."""
    app = _framework(None)
    app.state.backend = backend
    for noun in (examples, usage):
        noun.routes.install(app)
    # Never asked for an answer; they are here for those who ask what a path takes.
    app.router.routes.extend(hot)
    errors.install(app)
    missing_routes.install(app)
    return app


def _framework(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None) -> _App:
    return _App(
        title="Faceplate",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )


def openapi_document(app: FastAPI) -> bytes:
    """Return the OpenAPI document of an app as JSON, made at the first call."""
    if not hasattr(app.state, "document"):
        every = (*(noun.routes for noun in NOUNS), *HOT)
        tags = {routes.tag: routes.about for routes in every}
        found = document(
            app, [{"name": name, "description": about} for name, about in tags.items()], REQUESTS
        )
        app.state.document = encode(found)
    made: bytes = app.state.document
    return made


async def _serve_document(request: Request) -> Response:
    workers: Workers = request.app.state.backend.workers
    body = await workers.read(lambda: openapi_document(request.app))
    return json_answer(body, headers={"cache-control": "no-cache"})
