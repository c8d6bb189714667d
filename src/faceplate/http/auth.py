"""Who calls, and may they: asked before anything else of a request is looked at."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from faceplate.domain.errors import Forbidden, InvalidParameter, Unauthenticated
from faceplate.domain.keys import ApiKey, KeyScope
from faceplate.http.facts import facts_of

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

    from faceplate.http.backend import Backend

ADMITTED = "faceplate.admitted"
"""Where an entry point leaves the key that a gateway in front has checked and counted already."""

LOCAL_KEY_ID = "local"
"""The key that a server leaves for the command line of the user it runs as."""

Guard = Callable[[Request], Coroutine[Any, Any, None]]


def guard(scope: KeyScope | None) -> Guard:
    """Make the dependency of a route: key, scope, limits, then unknown query parameters."""

    async def check(request: Request) -> None:
        if scope is not None:
            await authorise(request, scope)
        require_known_query(request)

    return check


async def authorise(request: Request, scope: KeyScope) -> ApiKey:
    """Check the caller's key and count the request against its limits.

    Raises:
        Unauthenticated, Forbidden, RateLimited, QuotaExceeded: As the key ring says.
    """
    backend: Backend = request.app.state.backend
    admitted = admitted_key(request.scope)
    if admitted is not None:
        facts_of(request.scope).key_id = admitted.key_id
        backend.application.keys.require(admitted, scope)
        request.state.key = admitted
        return admitted
    secret = read_secret(request)

    def check() -> ApiKey:
        keys = backend.application.keys
        key, limited = keys.authenticate(secret)
        facts_of(request.scope).key_id = key.key_id
        if limited:
            keys.spend(key)
        keys.require(key, scope)
        return key

    key = await backend.workers.read(check)
    request.state.key = key
    return key


def admitted_key(scope: Mapping[str, Any]) -> ApiKey | None:
    """Return the key that a gateway in front has let in; no client can put one there."""
    key: ApiKey | None = scope.get(ADMITTED)
    return key


def require_local(request: Request) -> None:
    """Check that the caller is this machine's own user, for requests that name server files."""
    if request.state.key.key_id != LOCAL_KEY_ID:
        raise Forbidden(
            "Only the command line on the server's own machine may do this.",
            code="local_key_needed",
        )


def read_secret(request: Request) -> str | None:
    """Return the secret of ``x-api-key`` or of ``Authorization: Bearer``.

    Raises:
        Unauthenticated: Two different secrets were sent.
    """
    found = {value.strip() for value in request.headers.getlist("x-api-key")}
    for value in request.headers.getlist("authorization"):
        scheme, _, token = value.strip().partition(" ")
        if scheme.lower() == "bearer":
            found.add(token.strip())
    found.discard("")
    if len(found) > 1:
        raise Unauthenticated("Two different API keys were sent.")
    return next(iter(found), None)


def require_known_query(request: Request) -> None:
    """Refuse query parameters that the route does not know, or that come twice.

    A misspelt ``min_similarity`` must not quietly become the default.
    """
    raw = request.scope["query_string"]
    if not raw:
        return
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError as exc:
        raise InvalidParameter("The query is not UTF-8 once decoded.", parameter="query") from exc
    names = [name for name, _ in pairs]
    known = query_names(request.scope["route"])
    for name in names:
        if name not in known:
            raise InvalidParameter(
                f"This route has no such query parameter; it knows "
                f"{', '.join(sorted(known)) or 'none'}.",
                parameter=name[:64].encode("utf-8", "replace").decode(),
                details={"rule": "unknown_parameter"},
            )
        if names.count(name) > 1:
            raise InvalidParameter(
                f"{name} is given more than once.", parameter=name, details={"rule": "given_twice"}
            )


def query_names(route: APIRoute) -> frozenset[str]:
    """Return the query parameters a route knows."""
    return frozenset(field.alias for field in route.dependant.query_params)
