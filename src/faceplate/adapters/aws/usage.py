"""Usage of language models in DynamoDB: counters that many functions add to at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.values import Item
from faceplate.ports.usage import UsageRow

_COUNTERS = ("requests", "failures", "cache_hits", "prompt_tokens", "completion_tokens")
_MAX_DAYS = 3660


class DynamoUsage:
    """Keep sums of usage beside the records, a partition a day."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def add(self, rows: Sequence[UsageRow]) -> None:
        """Add the numbers of each row to what is kept for its key, application and day.

        All rows or, on an error, none; a hundred places are one step.
        """
        sums: dict[tuple[str, str], dict[str, int]] = {}
        for row in rows:
            place = sums.setdefault(_key(row), dict.fromkeys(_COUNTERS, 0))
            for name in _COUNTERS:
                place[name] += getattr(row, name)
        self._table.add_all(sums)

    def read(self, *, first: date, last: date, key_id: str | None = None) -> Sequence[UsageRow]:
        """Return the sums of the days from ``first`` to ``last``, by day, key and application."""
        days = min((last - first).days + 1, _MAX_DAYS)
        found = [
            _read(item)
            for day in range(days)
            for item in self._table.query(_partition(first + timedelta(days=day)))
        ]
        wanted = [row for row in found if key_id in {None, row.key_id}]
        return sorted(wanted, key=lambda row: (row.day, row.key_id, row.app))

    def tokens_used(self, key_id: str, day: date) -> int:
        """Return how many tokens a key used on a day."""
        return sum(row.tokens for row in self.read(first=day, last=day, key_id=key_id))

    def ping(self) -> None:
        """Raise when usage cannot be kept."""
        self._table.ping()


def _partition(day: date) -> str:
    return f"#usage/{day.isoformat()}"


def _key(row: UsageRow) -> tuple[str, str]:
    return _partition(row.day), f"{row.key_id}/{row.app}"


def _read(item: Item) -> UsageRow:
    key_id, _, app = str(item[RANGE_KEY]).partition("/")
    day = date.fromisoformat(str(item[HASH_KEY]).partition("/")[2])
    return UsageRow(key_id, app, day, **{name: int(item[name]) for name in _COUNTERS})
