"""Errors in OpenAI's shape, for clients that expect OpenAI."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import Response

from faceplate.domain.errors import (
    Busy,
    FaceplateError,
    QuotaExceeded,
    RateLimited,
    Unauthenticated,
)
from faceplate.http.answers import JSON, encode
from faceplate.http.codes import CODES
from faceplate.http.errors import status_of
from faceplate.http.openapi import RETRY, status_of_code

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
"""Source: the classes that the official clients raise for these statuses."""

KNOWN_CODES: Mapping[type[FaceplateError], str] = {
    Unauthenticated: "invalid_api_key",
    RateLimited: "rate_limit_exceeded",
    QuotaExceeded: "insufficient_quota",
}
"""Where OpenAI has a code of its own, programs look for that."""


def error_view(error: FaceplateError) -> dict[str, Any]:
    """Return the ``error`` object: a provider's own code where it gave one, else ours."""
    status = status_of(error)
    parameter = error.details.get("parameter")
    code = error.details.get("provider_code") or KNOWN_CODES.get(type(error), error.code)
    return {
        "message": error.message,
        "type": _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error"),
        "param": parameter if isinstance(parameter, str) else None,
        "code": code,
    }


def openai_error(
    error: FaceplateError, _request_id: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Render an error as OpenAI does."""
    extra = dict(headers or {})
    if isinstance(error, Busy):
        extra["retry-after"] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, QuotaExceeded):
        # The official clients would try again at once; the day will not be over by then.
        extra["x-should-retry"] = "false"
    if isinstance(error, Unauthenticated):
        extra["www-authenticate"] = 'Bearer realm="faceplate"'
    body = encode({"error": error_view(error)})
    return Response(body, status_of(error), headers=extra, media_type=JSON)


def error_event(error: FaceplateError) -> bytes:
    """Render an error as the last event of a stream that has begun."""
    return b"data: " + encode({"error": error_view(error)}) + b"\n\n"


def openai_error_responses(codes: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """Describe the error answers with these codes, a response for each status."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(status_of_code(code), []).append(code)
    return {
        status: {
            "description": " ".join(f"`{_shown(code)}`: {CODES[code].meaning}" for code in found),
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/OpenAiErrorBody"}}},
            **({"headers": RETRY} if status in {429, 503} else {}),
        }
        for status, found in sorted(by_status.items())
    }


def _shown(code: str) -> str:
    """Return the code that a client sees here."""
    return KNOWN_CODES.get(CODES[code].error, code)
