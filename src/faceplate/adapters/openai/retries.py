"""When a call is tried again, and after how long."""

from __future__ import annotations

import random

from faceplate.domain.errors import Busy, FaceplateError, UpstreamFailed

_FIRST_S = 0.25
_LONGEST_S = 8.0
_SAFE_CODES = frozenset({"upstream_unreachable"})
"""No connection was made, so the provider cannot have begun."""

_FAILED_EARLY = frozenset({500, 502, 504})


def is_safe(error: FaceplateError, *, repeatable: bool) -> bool:
    """Tell whether a call can be made again without being done, or paid, twice.

    A provider that could not be reached, was overloaded or over its rate did no work. One that
    answers 500 did none that counts, which is good enough where the work has no effect but its
    answer (``repeatable``); so is a connection that the provider had just closed. A silence or a
    broken answer may have been paid for: never again.
    """
    if isinstance(error, Busy):
        # A day's or a month's quota does not come back while we wait.
        return error.details.get("provider_code") != "insufficient_quota"
    if error.code in _SAFE_CODES:
        return True
    if not repeatable or not isinstance(error, UpstreamFailed):
        return False
    return error.details.get("status") in _FAILED_EARLY or error.details.get("early") is True


def wait_s(error: FaceplateError, attempt: int, *, left_s: float) -> float | None:
    """Return how long to wait before attempt ``attempt`` + 1; None when that is too long.

    What the provider asks for counts, else full jitter over a doubling bound: callers that failed
    together do not come back together. Source: M. Brooker, "Exponential Backoff And Jitter".
    """
    bound = min(_LONGEST_S, _FIRST_S * 2**attempt)
    wait = random.uniform(0, bound)  # noqa: S311 -- spreads load, guards nothing
    if isinstance(error, Busy) and error.retry_after_s > 1.0:
        wait += error.retry_after_s
    return wait if wait < min(left_s, _LONGEST_S) else None
