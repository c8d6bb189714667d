"""Turn an answer that is no success back into the error it stands for."""

from __future__ import annotations

import json
from typing import Any

from faceplate.domain import errors
from faceplate.http.codes import CODES

_BY_STATUS: dict[int, type[errors.FaceplateError]] = {
    400: errors.InvalidInput,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.Unsupported,
    408: errors.UpstreamFailed,
    409: errors.Conflict,
    413: errors.ImageTooLarge,
    415: errors.InvalidImage,
    422: errors.InvalidInput,
    429: errors.RateLimited,
    501: errors.Unsupported,
    502: errors.UpstreamFailed,
    503: errors.Busy,
    504: errors.UpstreamFailed,
    507: errors.StorageFull,
}


def error_from_answer(
    status: int, body: bytes, *, retry_after: str | None
) -> errors.FaceplateError:
    """Build the error that an answer stands for: by its code where we know it, else its status."""
    problem = _problem(body)
    code = problem.get("code")
    kind = _kind(str(code), status)
    message = str(problem.get("detail") or problem.get("title") or f"The server said {status}.")
    details = problem.get("details")
    details = dict(details) if isinstance(details, dict) else {}
    if "request_id" in problem:
        details.setdefault("request_id", problem["request_id"])
    code = str(code) if code else None
    if issubclass(kind, errors.Busy):
        return kind(message, code=code, details=details, retry_after_s=_seconds(retry_after))
    return kind(message, code=code, details=details)


def error_from_event(error: object) -> errors.FaceplateError:
    """Build the error that an event in a stream stands for."""
    found = error if isinstance(error, dict) else {}
    code = found.get("code")
    message = str(found.get("message") or "The stream ended with an error.")
    return _kind(str(code), 502)(message, code=str(code) if code else None)


def _kind(code: str, status: int) -> type[errors.FaceplateError]:
    known = CODES.get(code)
    if known is not None:
        # An InvalidParameter wants the parameter's name; its parent carries the details as well.
        return errors.InvalidInput if known.error is errors.InvalidParameter else known.error
    by_status = _BY_STATUS.get(status)
    if by_status is not None:
        return by_status
    return errors.InvalidInput if 400 <= status < 500 else errors.FaceplateError


def _problem(body: bytes) -> dict[str, Any]:
    try:
        problem = json.loads(body)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdecimal() else 1.0
