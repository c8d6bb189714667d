"""A clock that stands still until it is moved, and chance that repeats itself."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta

_START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


class FixedRuntime:
    """Hold time still and deal the same tokens in the same order for the same ``seed``.

    Never for secrets: every token can be foretold.
    """

    def __init__(self, now: datetime = _START, *, seed: str = "") -> None:
        self._now = now
        self._monotonic_s = 0.0
        self._seed = seed
        self._tokens_dealt = 0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time that was set."""
        return self._now

    def monotonic_s(self) -> float:
        """Return the seconds the clock was advanced by so far."""
        return self._monotonic_s

    def token(self, size_bytes: int) -> str:
        """Return the next token of the sequence; no two of a size worth having are alike."""
        with self._lock:
            self._tokens_dealt += 1
            name = f"{self._seed}:{self._tokens_dealt}"
        return hashlib.shake_256(name.encode()).hexdigest(size_bytes)

    def set_now(self, now: datetime) -> None:
        """Put the wall clock to a moment, which may lie in the past; monotonic time stays."""
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        self._now = now.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic_s += seconds
