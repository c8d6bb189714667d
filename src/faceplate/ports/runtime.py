"""Time and chance, so that tests can hold both still."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Runtime(Protocol):
    """The clock and the source of randomness."""

    def now(self) -> datetime:
        """Return the time, in UTC, with a time zone."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds from an arbitrary start that never run backwards."""
        ...

    def token(self, size_bytes: int) -> str:
        """Return ``size_bytes`` of fresh randomness as lower-case hexadecimal."""
        ...
