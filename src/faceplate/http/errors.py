"""From errors to answers: one total table of statuses, one shape of body."""

from __future__ import annotations

import http
import json
import logging
import math
import traceback
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from faceplate.domain import errors
from faceplate.domain.errors import (
    Busy,
    FaceplateError,
    InvalidParameter,
    Unauthenticated,
)
from faceplate.http.codes import CODES, UPSTREAM
from faceplate.http.facts import facts_of

if TYPE_CHECKING:
    from fastapi import FastAPI

MEDIA_TYPE = "application/problem+json"
CLIENT_GONE = 499
"""The status that logs and metrics show when the caller left; nobody receives it."""

STATUS: Mapping[type[FaceplateError], int] = {
    FaceplateError: 500,
    errors.InvalidInput: 400,
    errors.InvalidParameter: 400,
    errors.InvalidImage: 400,
    errors.ImageTooLarge: 413,
    errors.NoFaceFound: 422,
    errors.InvalidQuery: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.DataFolderInUse: 409,
    errors.Unsupported: 501,
    errors.Busy: 503,
    errors.RateLimited: 429,
    errors.QuotaExceeded: 429,
    errors.StorageFailed: 500,
    errors.StorageFull: 507,
    errors.StorageCorrupt: 500,
    errors.UpstreamFailed: 502,
    errors.Misconfigured: 500,
    errors.ModelUnavailable: 500,
    errors.ModelCorrupt: 500,
}

_NEW_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""Source: RFC 9110; Python before 3.13 has the older words."""

_log = logging.getLogger("faceplate.http")


def status_of(error: FaceplateError) -> int:
    """Return the status of an error: a provider's own, that of its code, or that of its class."""
    theirs = error.details.get("status")
    if error.code in UPSTREAM and isinstance(theirs, int) and 400 <= theirs <= 599:
        return theirs
    known = CODES.get(error.code)
    if known is not None and known.status is not None:
        return known.status
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def title_of(status: int) -> str:
    """Return a status in words, the same ones in every version of Python."""
    known = {int(each): each.phrase for each in http.HTTPStatus} | _NEW_PHRASES
    return known.get(status, "Error")


def problem(
    error: FaceplateError, request_id: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Render an error as RFC 9457 problem details."""
    status = status_of(error)
    body: dict[str, object] = {
        "type": "about:blank",
        "title": title_of(status),
        "status": status,
        "detail": error.message,
        "code": error.code,
        "request_id": request_id,
    }
    if error.details:
        body["details"] = error.details
    extra = dict(headers or {})
    if isinstance(error, Busy):
        extra["retry-after"] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, Unauthenticated):
        extra["www-authenticate"] = 'Bearer realm="faceplate"'
    return Response(_encode(body), status, headers=extra, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer the errors of our routes in our shape."""
    from fastapi.exceptions import RequestValidationError  # noqa: PLC0415 -- not for hot routes

    app.add_exception_handler(FaceplateError, _ours)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(ClientDisconnect, _gone)


def unexpected(exc: Exception, request_id: str) -> Response:
    """Answer an error nobody foresaw: its place goes to the log, its text nowhere."""
    frames = traceback.extract_tb(exc.__traceback__)
    places = [f"{frame.name}:{frame.lineno}" for frame in frames[-8:]]
    event = {
        "event": "http.failed",
        "request_id": request_id,
        "type": type(exc).__qualname__,
        "at": places,
    }
    _log.error(msgspec.json.encode(event).decode())
    return problem(FaceplateError("Something went wrong on our side."), request_id)


def describe_invalid(found: Sequence[Mapping[str, Any]]) -> InvalidParameter:
    """Make one error of what pydantic found; values the caller sent are not repeated."""
    rows = [
        {
            "parameter": _place(item["loc"]),
            "rule": str(item["type"]),
            "message": str(item["msg"]),
        }
        for item in found[:20]
    ]
    first = rows[0]
    return InvalidParameter(
        "; ".join(f"{row['parameter']}: {row['message']}" for row in rows),
        parameter=first["parameter"],
        details={"rule": first["rule"], **({"all": rows} if len(rows) > 1 else {})},
    )


async def _ours(request: Request, exc: Exception) -> Response:
    error = exc if isinstance(exc, FaceplateError) else FaceplateError("")
    request_id = facts_of(request.scope).request_id
    if status_of(error) >= 500 and not isinstance(error, Busy):
        event = {"event": "http.refused", "request_id": request_id, "code": error.code}
        _log.error(msgspec.json.encode(event).decode())
    return problem(error, request_id)


async def _validation(request: Request, exc: Exception) -> Response:
    found: Sequence[Mapping[str, Any]] = getattr(exc, "errors", list)()
    # FastAPI puts the source first, as in ("query", "limit").
    placed = [{**item, "loc": item["loc"][1:]} for item in found]
    return problem(describe_invalid(placed), facts_of(request.scope).request_id)


async def _gone(_request: Request, _exc: Exception) -> Response:
    return Response(status_code=CLIENT_GONE)


def _place(location: Sequence[object]) -> str:
    """Name a member, such as ``consent.purpose``."""
    return ".".join(str(part)[:64] for part in location) or "body"


def _encode(body: Mapping[str, object]) -> bytes:
    try:
        return msgspec.json.encode(body)
    except (TypeError, UnicodeEncodeError):
        return json.dumps(body, default=str).encode("ascii")
