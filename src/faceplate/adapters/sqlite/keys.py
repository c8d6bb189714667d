"""API keys in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.text import from_moment
from faceplate.domain.keys import ApiKey, KeyKind, KeyScope

_COLUMNS = (
    "key_id, name, scope, secret_sha256, created_at, revoked_at, rate_rps, burst, daily_quota, "
    "daily_tokens, kind, collection_prefix"
)


class SqliteKeys:
    """Keep API keys (digests, never secrets) and daily counts beside the records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, key: ApiKey) -> None:
        """Keep or overwrite one key."""
        values = (
            key.key_id,
            key.name,
            key.scope.value,
            key.secret_sha256,
            from_moment(key.created_at),
            None if key.revoked_at is None else from_moment(key.revoked_at),
            key.rate_rps,
            key.burst,
            key.daily_quota,
            key.daily_tokens,
            key.kind.value,
            key.collection_prefix,
        )
        with self._database.write() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO api_keys ({_COLUMNS}) "  # noqa: S608
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )

    def get(self, key_id: str) -> ApiKey | None:
        """Return one key, revoked or not."""
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM api_keys WHERE key_id = ?",  # noqa: S608
                (key_id,),
            ).fetchone()
        return None if row is None else _read(row)

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first, revoked ones too."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM api_keys ORDER BY created_at, key_id"  # noqa: S608
            ).fetchall()
        return [_read(row) for row in rows]

    def revoke(self, key_id: str, at: datetime) -> bool:
        """Mark a key revoked for good; tell whether it was live."""
        with self._database.write() as connection:
            changed = connection.execute(
                "UPDATE api_keys SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL",
                (from_moment(at), key_id),
            )
            return changed.rowcount > 0

    def count_request(self, key_id: str, day: date, *, quota: int | None) -> int | None:
        """Count one request of this day; None, and nothing counted, when ``quota`` is used up.

        Cost: no wait for the disk; a power cut may lose the last counts, the end of the process
        may not.
        """
        with self._database.write(power_safe=False) as connection:
            row = connection.execute(
                "SELECT used FROM key_usage WHERE key_id = ? AND day = ?",
                (key_id, day.isoformat()),
            ).fetchone()
            used: int = 0 if row is None else row[0]
            if quota is not None and used >= quota:
                return None
            connection.execute(
                "INSERT OR REPLACE INTO key_usage (key_id, day, used) VALUES (?, ?, ?)",
                (key_id, day.isoformat(), used + 1),
            )
        return used + 1

    def count_requests(self, key_id: str, day: date, amount: int, *, quota: int | None) -> int:
        """Count up to ``amount`` requests of this day, and return how many the quota let in.

        Cost: as `count_request`.
        """
        with self._database.write(power_safe=False) as connection:
            row = connection.execute(
                "SELECT used FROM key_usage WHERE key_id = ? AND day = ?",
                (key_id, day.isoformat()),
            ).fetchone()
            used: int = 0 if row is None else row[0]
            counted = max(amount, -used)
            if quota is not None and counted > 0:
                counted = min(counted, max(quota - used, 0))
            if counted:
                connection.execute(
                    "INSERT OR REPLACE INTO key_usage (key_id, day, used) VALUES (?, ?, ?)",
                    (key_id, day.isoformat(), used + counted),
                )
        return counted

    def used(self, key_id: str, day: date) -> int:
        """Return how many requests were counted on a day."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT used FROM key_usage WHERE key_id = ? AND day = ?",
                (key_id, day.isoformat()),
            ).fetchone()
        return 0 if row is None else int(row[0])

    def ping(self) -> None:
        """Raise when keys cannot be checked."""
        with self._database.read() as connection:
            connection.execute("SELECT count(*) FROM api_keys").fetchone()


def _read(row: tuple[Any, ...]) -> ApiKey:
    return ApiKey(
        key_id=row[0],
        name=row[1],
        scope=KeyScope(row[2]),
        secret_sha256=row[3],
        created_at=datetime.fromisoformat(row[4]),
        revoked_at=None if row[5] is None else datetime.fromisoformat(row[5]),
        rate_rps=row[6],
        burst=row[7],
        daily_quota=row[8],
        daily_tokens=row[9],
        kind=KeyKind(row[10]),
        collection_prefix=row[11],
    )
