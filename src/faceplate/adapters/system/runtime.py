"""The machine's clock and its source of randomness."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime


class SystemRuntime:
    """Tell the real time and draw real randomness."""

    def now(self) -> datetime:
        """Return the time, in UTC, with a time zone."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Return seconds from an arbitrary start that never run backwards."""
        return time.monotonic()

    def token(self, size_bytes: int) -> str:
        """Return ``size_bytes`` of fresh randomness as lower-case hexadecimal, fit for secrets."""
        return secrets.token_hex(size_bytes)
