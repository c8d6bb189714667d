"""API keys in dictionaries."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from faceplate.domain.keys import ApiKey


class MemoryKeys:
    """Keep API keys and daily counts until the process ends."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}
        self._used: dict[tuple[str, date], int] = {}
        self._lock = threading.Lock()

    def put(self, key: ApiKey) -> None:
        """Keep or overwrite one key."""
        with self._lock:
            self._keys[key.key_id] = key

    def get(self, key_id: str) -> ApiKey | None:
        """Return one key, revoked or not."""
        return self._keys.get(key_id)

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first, revoked ones too."""
        with self._lock:
            keys = tuple(self._keys.values())
        return sorted(keys, key=lambda key: (key.created_at, key.key_id))

    def revoke(self, key_id: str, at: datetime) -> bool:
        """Mark a key revoked for good; tell whether it was live."""
        with self._lock:
            key = self._keys.get(key_id)
            if key is None or key.revoked_at is not None:
                return False
            self._keys[key_id] = replace(key, revoked_at=at)
            return True

    def count_request(self, key_id: str, day: date, *, quota: int | None) -> int | None:
        """Count one request of this day; None, and nothing counted, when ``quota`` is used up."""
        with self._lock:
            used = self._used.get((key_id, day), 0)
            if quota is not None and used >= quota:
                return None
            self._used[key_id, day] = used + 1
            return used + 1

    def count_requests(self, key_id: str, day: date, amount: int, *, quota: int | None) -> int:
        """Count up to ``amount`` requests of this day, and return how many the quota let in."""
        with self._lock:
            used = self._used.get((key_id, day), 0)
            counted = max(amount, -used)
            if quota is not None and counted > 0:
                counted = min(counted, max(quota - used, 0))
            self._used[key_id, day] = used + counted
            return counted

    def used(self, key_id: str, day: date) -> int:
        """Return how many requests were counted on a day."""
        return self._used.get((key_id, day), 0)

    def ping(self) -> None:
        """Do nothing: memory is there while the process is."""
