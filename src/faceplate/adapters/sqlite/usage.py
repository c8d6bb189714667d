"""Usage of language models in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from faceplate.adapters.sqlite.connection import Database
from faceplate.ports.usage import UsageRow

_NUMBERS = "requests, failures, cache_hits, prompt_tokens, completion_tokens"


class SqliteUsage:
    """Keep sums of usage beside the records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Sequence[UsageRow]) -> None:
        """Add the numbers of each row to what is kept for its key, application and day.

        Cost: no wait for the disk; a power cut may lose the last sums, the end of the process may
        not.
        """
        values = [
            (
                row.day.isoformat(),
                row.key_id,
                row.app,
                row.requests,
                row.failures,
                row.cache_hits,
                row.prompt_tokens,
                row.completion_tokens,
            )
            for row in rows
        ]
        with self._database.write(power_safe=False) as connection:
            connection.executemany(
                f"INSERT INTO text_usage (day, key_id, app, {_NUMBERS}) "  # noqa: S608
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, key_id, app) DO UPDATE SET "
                "requests = requests + excluded.requests, "
                "failures = failures + excluded.failures, "
                "cache_hits = cache_hits + excluded.cache_hits, "
                "prompt_tokens = prompt_tokens + excluded.prompt_tokens, "
                "completion_tokens = completion_tokens + excluded.completion_tokens",
                values,
            )

    def read(self, *, first: date, last: date, key_id: str | None = None) -> Sequence[UsageRow]:
        """Return the sums of the days from ``first`` to ``last``, by day, key and application."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT key_id, app, day, {_NUMBERS} FROM text_usage "  # noqa: S608
                "WHERE day BETWEEN ? AND ? AND (? IS NULL OR key_id = ?) "
                "ORDER BY day, key_id, app",
                (first.isoformat(), last.isoformat(), key_id, key_id),
            ).fetchall()
        return [UsageRow(row[0], row[1], date.fromisoformat(row[2]), *row[3:]) for row in rows]

    def tokens_used(self, key_id: str, day: date) -> int:
        """Return how many tokens a key used on a day."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT total(prompt_tokens) + total(completion_tokens) FROM text_usage "
                "WHERE day = ? AND key_id = ?",
                (day.isoformat(), key_id),
            ).fetchone()
        return int(row[0])

    def ping(self) -> None:
        """Raise when usage cannot be kept."""
        with self._database.read() as connection:
            connection.execute("SELECT count(*) FROM text_usage WHERE day = ''").fetchone()
