"""API keys and what they have used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from faceplate.domain.keys import ApiKey


class Keys(Protocol):
    """Keep API keys (digests, never secrets) and daily counts."""

    def put(self, key: ApiKey) -> None:
        """Keep or overwrite one key."""
        ...

    def get(self, key_id: str) -> ApiKey | None:
        """Return one key, revoked or not."""
        ...

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, oldest first, revoked ones too."""
        ...

    def revoke(self, key_id: str, at: datetime) -> bool:
        """Mark a key revoked for good; tell whether it was live."""
        ...

    def count_request(self, key_id: str, day: date, *, quota: int | None) -> int | None:
        """Count one request of this day and return the new count; None when ``quota`` is used up.

        Atomic: of two callers at the last place, one gets None. A refused request is not counted.
        """
        ...

    def count_requests(self, key_id: str, day: date, amount: int, *, quota: int | None) -> int:
        """Count up to ``amount`` requests of this day, and return how many the quota let in.

        Atomic, as `count_request`. A negative amount gives requests back, down to none.
        """
        ...

    def used(self, key_id: str, day: date) -> int:
        """Return how many requests were counted on a day."""
        ...

    def ping(self) -> None:
        """Raise when keys cannot be checked."""
        ...
