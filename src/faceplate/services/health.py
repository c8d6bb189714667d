"""Is every part able to do its work?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from faceplate.domain.errors import FaceplateError


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part: whether its ping came back, how long it took, and the error's code if not."""

    ok: bool
    duration_ms: float
    code: str | None = None
    message: str | None = None


class Health:
    """Ping every port."""

    def __init__(self, pings: Mapping[str, Callable[[], None]]) -> None:
        self._pings = dict(pings)

    def check(self) -> Mapping[str, PartHealth]:
        """Ping every part and report each; never raises."""
        return {name: _ping(ping) for name, ping in self._pings.items()}


def _ping(ping: Callable[[], None]) -> PartHealth:
    started = time.perf_counter()
    code = message = None
    try:
        ping()
    except FaceplateError as exc:
        code, message = exc.code, exc.message
    except Exception:  # noqa: BLE001 -- a health check reports whatever is wrong, without its text
        code, message = "internal_error", "The part failed in an unexpected way."
    return PartHealth(code is None, (time.perf_counter() - started) * 1000, code, message)
