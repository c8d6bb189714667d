"""Let keys in without touching the disk for every request."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from datetime import date

from faceplate.domain.keys import ApiKey, KeyScope
from faceplate.ports.keys import Keys
from faceplate.ports.runtime import Runtime
from faceplate.services.keys import KeyRing

_KEYS_KEPT = 4096
_KEPT_S = 2.0
_LEASE = 32
"""Requests taken from a key's day at once; what is not used is given back by `give_back`."""

_NO_LEASE = (date.min, 0)


class KeyGate:
    """Check keys, rates and days for requests that come by the thousand.

    A key that was seen is remembered until any key changes, so a revoked key is refused from the
    next request on, as with the key ring itself; and for two seconds at most, because a restored
    backup changes keys behind everybody's back. Requests a day are taken from the same count as
    everybody's, several at a time. Safe to call from several threads.
    """

    def __init__(self, *, ring: KeyRing, keys: Keys, runtime: Runtime) -> None:
        self._ring = ring
        self._keys = keys
        self._runtime = runtime
        self._seen: OrderedDict[bytes, tuple[ApiKey, bool, float]] = OrderedDict()
        self._generation = -1
        self._leases: dict[str, tuple[date, int]] = {}
        self._guard = threading.Lock()

    def admit_known(self, secret: str | None, scope: KeyScope) -> ApiKey | None:
        """Let a request in without any I/O; None when `admit` has to be asked.

        Raises:
            Forbidden, RateLimited: As `admit`.
        """
        if secret is None or self._generation != self._ring.generation:
            return None
        found = self._seen.get(_digest(secret))
        if found is None or self._runtime.monotonic_s() > found[2]:
            return None
        key, limited, _ = found
        if limited:
            counted = self._ring.quota_of(key) is not None
            today = self._runtime.now().date() if counted else date.min
            if counted and not self._has_lease(key.key_id, today):
                return None
            self._ring.spend_rate(key)
            if counted and not self._take(key.key_id, today):
                return None
        self._ring.require(key, scope)
        return key

    def admit(self, secret: str | None, scope: KeyScope) -> ApiKey:
        """Let a request in, counted against its key's rate and day.

        Raises:
            Unauthenticated, Forbidden, RateLimited, QuotaExceeded: As the key ring says.
        """
        generation = self._ring.generation
        key, limited = self._ring.authenticate(secret)
        self._remember(secret or "", key, generation, limited=limited)
        if limited:
            self._ring.spend_rate(key)
            quota = self._ring.quota_of(key)
            if quota is not None and not self._take(key.key_id, self._runtime.now().date()):
                self._lease(key, quota)
        self._ring.require(key, scope)
        return key

    def require(self, key: ApiKey, scope: KeyScope) -> None:
        """Check that a key which came in another way may do this.

        Raises:
            Forbidden: The key's scope is too small.
        """
        self._ring.require(key, scope)

    def give_back(self) -> None:
        """Return what was leased and not used; to be called now and then, and at the end."""
        with self._guard:
            leases, self._leases = self._leases, {}
        for key_id, (day, left) in leases.items():
            if left:
                self._keys.count_requests(key_id, day, -left, quota=None)

    def _remember(self, secret: str, key: ApiKey, generation: int, *, limited: bool) -> None:
        with self._guard:
            if generation != self._generation:
                self._seen.clear()
                self._generation = generation
            until_s = self._runtime.monotonic_s() + _KEPT_S
            self._seen[_digest(secret)] = (key, limited, until_s)
            if len(self._seen) > _KEYS_KEPT:
                self._seen.popitem(last=False)

    def _has_lease(self, key_id: str, today: date) -> bool:
        day, left = self._leases.get(key_id, _NO_LEASE)
        return left > 0 and day == today

    def _take(self, key_id: str, today: date) -> bool:
        """Use one leased request of today."""
        with self._guard:
            if not self._has_lease(key_id, today):
                return False
            day, left = self._leases[key_id]
            self._leases[key_id] = (day, left - 1)
            return True

    def _lease(self, key: ApiKey, quota: int) -> None:
        """Take some requests of today's, and use one of them.

        Raises:
            QuotaExceeded: The day is used up.
        """
        now = self._runtime.now()
        taken = self._keys.count_requests(key.key_id, now.date(), _LEASE, quota=quota)
        if not taken:
            raise self._ring.day_used_up(quota, now)
        with self._guard:
            day, left = self._leases.get(key.key_id, (now.date(), 0))
            kept = left if day == now.date() else 0
            self._leases[key.key_id] = (now.date(), kept + taken - 1)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
