"""From a provider's failures to our errors: its status and code stay, the words are ours."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import msgspec

from faceplate.domain.errors import (
    Busy,
    FaceplateError,
    InvalidInput,
    RateLimited,
    UpstreamFailed,
)

_CODE = re.compile(r"[A-Za-z0-9_.\-\[\]]{1,64}")
_MAX_RETRY_AFTER_S = 3600.0
_OVERLOADED = frozenset({503, 529})


class Refusal:
    """What a provider said with a status of 400 or more; ``code`` and ``parameter`` are tame."""

    __slots__ = ("code", "kind", "message", "parameter", "status")

    def __init__(self, status: int, body: bytes) -> None:
        found = _error_of(body)
        self.status = status
        self.code = _tame(found.get("code"))
        self.kind = _tame(found.get("type"))
        self.parameter = _tame(found.get("param"))
        self.message = str(found.get("message") or "")[:2000]
        """For our own decisions only; it is never shown, it may quote anything."""


def error_in(found: object) -> Any:
    """Return the error inside an answer, at its top or in one of its choices; None without one."""
    if not isinstance(found, dict):
        return None
    if found.get("object") == "error":
        return found
    choices = found.get("choices")
    for one in (found, *(choices if isinstance(choices, list) else ())):
        error = one.get("error") if isinstance(one, dict) else None
        if error:
            return error
    return None


def refused_inside(provider: str, error: object) -> FaceplateError:
    """Make our error of one that came with a good status; without a status of its own, 502."""
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code <= 599 else 502
    return refused(provider, Refusal(status, json.dumps({"error": error}).encode()), {})


def refused(provider: str, refusal: Refusal, headers: Mapping[str, str]) -> FaceplateError:
    """Make our error of a provider's refusal."""
    details: dict[str, object] = {"provider": provider, "status": refusal.status}
    code = refusal.code or refusal.kind
    if code is not None:
        details["provider_code"] = code
    if refusal.parameter is not None:
        details["parameter"] = refusal.parameter
    said = f" (status {refusal.status}" + (f", code {code})" if code else ")")
    if refusal.status in {401, 403}:
        return UpstreamFailed(
            f"The provider {provider} does not accept the key this server is configured with{said}."
            " Your own key is fine; whoever runs this server must mend its configuration.",
            code="upstream_unauthenticated",
            details=details,
        )
    if refusal.status == 429:
        return RateLimited(
            f"The provider {provider} limits this server{said}.",
            retry_after_s=retry_after_s(headers) or 1.0,
            code="upstream_rate_limited",
            details=details,
        )
    if refusal.status in _OVERLOADED:
        return Busy(
            f"The provider {provider} is overloaded{said}.",
            retry_after_s=retry_after_s(headers) or 1.0,
            code="upstream_busy",
            details=details,
        )
    if refusal.status < 500:
        about = f" because of {refusal.parameter}" if refusal.parameter else ""
        return InvalidInput(
            f"The provider {provider} refused the request{about}{said}.",
            code="upstream_refused",
            details=details,
        )
    return UpstreamFailed(
        f"The provider {provider} failed{said}.", code="upstream_failed", details=details
    )


def unreachable(provider: str) -> UpstreamFailed:
    """Make the error for a provider that no connection could be made to."""
    return UpstreamFailed(
        f"The provider {provider} cannot be reached.",
        code="upstream_unreachable",
        details={"provider": provider},
    )


def timed_out(provider: str, *, idle: bool) -> UpstreamFailed:
    """Make the error for an answer that took too long."""
    how = "fell silent" if idle else "did not answer in time"
    return UpstreamFailed(
        f"The provider {provider} {how}.",
        code="upstream_timeout",
        details={"provider": provider},
    )


def cut_off(provider: str, *, early: bool = False) -> UpstreamFailed:
    """Make the error for an answer that broke off; ``early`` when nothing of it had come."""
    return UpstreamFailed(
        f"The provider {provider} broke off in the middle of its answer.",
        code="upstream_cut_off",
        details={"provider": provider, **({"early": True} if early else {})},
    )


def nonsense(provider: str, status: int) -> UpstreamFailed:
    """Make the error for an answer that is not what OpenAI's API defines."""
    return UpstreamFailed(
        f"The provider {provider} answered something that is not OpenAI's API; is its base URL "
        "right?",
        code="upstream_invalid_answer",
        details={"provider": provider, "provider_status": status},
    )


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return how long the provider asks to wait, 0 to 3600 seconds."""
    milliseconds, value = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds is not None:
            seconds = float(milliseconds) / 1000
        elif value is None:
            return None
        elif value.strip()[:1].isdigit():
            seconds = float(value)
        else:
            seconds = parsedate_to_datetime(value).timestamp() - time()
    except (ValueError, TypeError, OverflowError):
        return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), _MAX_RETRY_AFTER_S)


def _error_of(body: bytes) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    if isinstance(found, list) and found:  # Gemini's compatible endpoint wraps errors in a list
        found = found[0]
    if not isinstance(found, dict):
        return {}
    error = found.get("error", found)
    return error if isinstance(error, dict) else {"message": error}


def _tame(value: object) -> str | None:
    # A number is the status once more (llama.cpp, OpenRouter); the type says more then.
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None
