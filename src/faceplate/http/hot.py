"""Routes on the hot path; docs/decisions/0009-the-hot-path-of-text.md has the reasons."""

from __future__ import annotations

import logging
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from faceplate.domain.errors import Busy, FaceplateError, InvalidInput, InvalidParameter
from faceplate.domain.keys import ApiKey, KeyScope
from faceplate.http.auth import admitted_key, read_secret
from faceplate.http.bodies import read_body
from faceplate.http.codes import KEYED, SERVER
from faceplate.http.errors import problem, status_of, unexpected
from faceplate.http.event_stream import ClientGone, EventStream, gone_response, unless_gone
from faceplate.http.facts import facts_of
from faceplate.http.json_bodies import decode_object
from faceplate.http.openai_errors import openai_error, openai_error_responses
from faceplate.http.openapi import error_responses
from faceplate.services.text import Text

if TYPE_CHECKING:
    from fastapi import FastAPI

    from faceplate.http.backend import HotBackend

Result = TypeVar("Result")
Shape = Callable[[FaceplateError, str, Mapping[str, str] | None], Response]

_KEY_HEADERS = frozenset({b"authorization", b"x-api-key"})

_log = logging.getLogger("faceplate.http")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request on the hot path: who asks, what, and with which use cases it is answered."""

    request: Request
    backend: HotBackend
    text: Text
    key: ApiKey
    shape: Shape

    @property
    def request_id(self) -> str:
        """The id that the answer carries."""
        return facts_of(self.request.scope).request_id

    async def wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do work once the body has been read; it is cancelled when the caller leaves."""
        return await unless_gone(self.request.receive, work)

    async def read_json(self, max_bytes: int) -> dict[str, Any]:
        """Read a body that must be a JSON object.

        Raises:
            InvalidInput: Code ``invalid_json``.
            ImageTooLarge: Code ``body_too_large``.
        """
        return decode_object(await read_body(self.request, max_bytes=max_bytes))

    def stream(
        self, events: AsyncGenerator[bytes, None], headers: Mapping[str, str] | None = None
    ) -> EventStream:
        """Answer with events, and with this route's errors."""
        return EventStream(
            events,
            keep_alive_s=self.backend.options.keep_alive_s,
            refuse=self.refuse,
            headers=headers,
        )

    def refuse(self, error: FaceplateError) -> Response:
        """Render an error in the shape of this route, and log it if it is ours."""
        return refuse(error, self.request_id, self.shape)


Handler = Callable[[Exchange], Awaitable[Response]]


class HotRoute(Route):
    """A plain route: key, limits, handler; errors in the route's own shape."""

    def __init__(
        self, path: str, handler: Handler, *, method: str, scope: KeyScope, shape: Shape, name: str
    ) -> None:
        super().__init__(path, _unused, methods=[method], name=name, include_in_schema=False)
        self._handler = handler
        self._method = method
        self._key_scope = scope
        self._shape = shape
        self.alone = shape is openai_error
        """Whether it answers for every method of its path, so that 405 has its shape too."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match, and leave the route where the access log looks for it."""
        match, found = super().matches(scope)
        if match is not Match.NONE:
            found["route"] = self
        return match, found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        request = Request(scope, receive)
        request_id = facts_of(scope).request_id
        try:
            response = await self._serve(request)
        except FaceplateError as exc:
            allow = {"allow": self._method} if exc.code == "method_not_allowed" else None
            response = refuse(exc, request_id, self._shape, allow)
        except (ClientGone, ClientDisconnect):
            response = gone_response()
        except Exception as exc:  # noqa: BLE001 -- answered in the shape the caller understands
            unexpected(exc, request_id)
            response = self._shape(
                FaceplateError("Something went wrong on our side."), request_id, None
            )
        await response(scope, receive, send)

    async def _serve(self, request: Request) -> Response:
        if request.method != self._method:
            raise InvalidInput(f"This route takes {self._method}.", code="method_not_allowed")
        backend: HotBackend = request.app.state.backend
        text = backend.application.text
        key = await admit(request, backend, text, self._key_scope)
        # Clients of OpenAI add their own, such as Azure's api-version.
        if request.scope["query_string"] and self._shape is not openai_error:
            raise InvalidParameter(
                "This route has no query parameters.",
                parameter="query",
                details={"rule": "unknown_parameter"},
            )
        return await self._handler(Exchange(request, backend, text, key, self._shape))


class DirectRoute(Protocol):
    """A route that answers whatever happens; ``alone`` as `HotRoute` says."""

    path: str
    alone: bool

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is for this route, and what to add to its scope."""
        ...

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        ...


class HotPaths:
    """Serve hot routes before the framework's own layers, which they have no use for."""

    def __init__(self, app: ASGIApp, *, routes: Sequence[DirectRoute]) -> None:
        self._app = app
        self._by_path = {route.path: route for route in routes if "{" not in route.path}
        self._patterns = tuple(route for route in routes if "{" in route.path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass on what is not on the hot path."""
        if scope["type"] == "http":
            exact = self._by_path.get(scope["path"])
            for route in self._patterns if exact is None else (exact,):
                match, found = route.matches(scope)
                if match is Match.FULL or (match is Match.PARTIAL and route.alone):
                    scope.update(found)
                    await route.handle(scope, receive, send)
                    return
        await self._app(scope, receive, send)


async def admit(request: Request, backend: HotBackend, text: Text, scope: KeyScope) -> ApiKey:
    """Check the caller's key and limits, without the disk where the key was seen lately."""
    admitted = admitted_key(request.scope)
    if admitted is not None:
        facts_of(request.scope).key_id = admitted.key_id
        text.gate.require(admitted, scope)
        return admitted
    secret = _secret_of(request)
    key = text.gate.admit_known(secret, scope)
    if key is None:
        key = await backend.workers.read(lambda: text.gate.admit(secret, scope))
    facts_of(request.scope).key_id = key.key_id
    return key


def _secret_of(request: Request) -> str | None:
    """Return the secret, read the short way where only one header can have it.

    Raises:
        Unauthenticated: Two different secrets were sent.
    """
    found = [header for header in request.scope["headers"] if header[0] in _KEY_HEADERS]
    if len(found) == 1:
        name, value = found[0]
        if name == b"authorization" and value[:7] == b"Bearer ":
            return bytes(value[7:]).strip().decode("latin-1") or None
    return read_secret(request)


def refuse(
    error: FaceplateError,
    request_id: str,
    shape: Shape,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Render an error, and log its code if it is not the caller's."""
    if status_of(error) >= 500 and not isinstance(error, Busy):
        event = {"event": "http.refused", "request_id": request_id, "code": error.code}
        _log.error(msgspec.json.encode(event).decode())
    return shape(error, request_id, headers)


@dataclass(frozen=True, slots=True)
class _Spec:
    """One hot operation and its entry in the document."""

    method: str
    path: str
    handler: Handler
    scope: KeyScope
    entry: Mapping[str, Any]
    answer: str | None


@dataclass(slots=True)
class HotRoutes:
    """The hot operations of one noun; used like `Routes`."""

    tag: str
    about: str
    shape: Shape = problem
    specs: list[_Spec] = field(default_factory=list)

    def add(
        self,
        method: str,
        path: str,
        operation_id: str,
        summary: str,
        *,
        scope: KeyScope,
        answer: str | None = None,
        codes: Iterable[str] = (),
        body: Mapping[str, Any] | None = None,
        responses: Mapping[int | str, dict[str, Any]] | None = None,
        parameters: Iterable[Mapping[str, Any]] = (),
    ) -> Callable[[Handler], Handler]:
        """Declare an operation; the handler's docstring describes it.

        ``answer`` names a model, as ``examples.RunAnswer``: the models, and the framework that
        makes them, are imported when the document is made.
        """
        all_codes = dict.fromkeys((*codes, "invalid_parameter", "path_invalid", *SERVER, *KEYED))
        extra: dict[str, Any] = {
            "security": [{"apiKey": []}, {"bearer": []}],
            "x-scope": scope.value,
        }
        if body is not None:
            extra["requestBody"] = dict(body)
        if parameters:
            extra["parameters"] = [dict(one) for one in parameters]

        def keep(handler: Handler) -> Handler:
            text = (handler.__doc__ or "").replace("\n    ", "\n").replace("``", "`").strip()
            entry = {
                "operation_id": operation_id,
                "summary": summary,
                "description": text,
                "tags": [self.tag],
                "responses": {**(responses or {}), **self._describe(all_codes)},
                "openapi_extra": extra,
            }
            self.specs.append(_Spec(method, path, handler, scope, entry, answer))
            return handler

        return keep

    def make(self) -> list[HotRoute]:
        """Make the routes that serve the operations."""
        return [
            HotRoute(
                spec.path,
                spec.handler,
                method=spec.method,
                scope=spec.scope,
                shape=self.shape,
                name=str(spec.entry["operation_id"]),
            )
            for spec in self.specs
        ]

    def install(self, app: FastAPI) -> None:
        """Add the operations to an app, before all others, and their entries to its document."""
        from fastapi.routing import APIRoute  # noqa: PLC0415 -- not for apps of hot routes alone

        if not hasattr(app.state, "documented"):
            app.state.documented = []
        routes = self.make()
        # `HotPaths` is asked first; here they are for those who ask what a path takes.
        app.router.routes.extend(routes)
        app.state.hot = [*getattr(app.state, "hot", ()), *routes]
        for spec in self.specs:
            described = spec.path.replace(":path", "")
            model = None if spec.answer is None else _model(spec.answer)
            app.state.documented.append(
                APIRoute(
                    described, _unused, methods=[spec.method], response_model=model, **spec.entry
                )
            )

    def _describe(self, codes: Iterable[str]) -> dict[int | str, dict[str, Any]]:
        describe = openai_error_responses if self.shape is openai_error else error_responses
        return describe(codes)


def _model(name: str) -> Any:
    module, _, model = name.rpartition(".")
    return getattr(import_module(f"faceplate.http.schemas.{module}"), model)


async def _unused() -> None:
    """Stand in where the framework wants an endpoint; `HotRoute.handle` is what runs."""
