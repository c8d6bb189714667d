"""Usage in a dictionary."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date

from faceplate.ports.usage import UsageRow


class MemoryUsage:
    """Keep sums of usage until the process ends."""

    def __init__(self) -> None:
        self._rows: dict[tuple[date, str, str], UsageRow] = {}
        self._lock = threading.Lock()

    def add(self, rows: Sequence[UsageRow]) -> None:
        """Add the numbers of each row to what is kept for its key, application and day."""
        with self._lock:
            for row in rows:
                place = row.day, row.key_id, row.app
                known = self._rows.get(place)
                self._rows[place] = row if known is None else known.plus(row)

    def read(self, *, first: date, last: date, key_id: str | None = None) -> Sequence[UsageRow]:
        """Return the sums of the days from ``first`` to ``last``, by day, key and application."""
        with self._lock:
            rows = sorted(self._rows.items())
        return [
            row
            for (day, key, _), row in rows
            if first <= day <= last and (key_id is None or key == key_id)
        ]

    def tokens_used(self, key_id: str, day: date) -> int:
        """Return how many tokens a key used on a day."""
        return sum(row.tokens for row in self.read(first=day, last=day, key_id=key_id))

    def ping(self) -> None:
        """Do nothing: memory is there while the process is."""
