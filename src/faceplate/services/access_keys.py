"""AWS access keys: whose they are, and the secrets that signatures are checked with."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from faceplate.domain.keys import ApiKey, KeyKind, KeyScope
from faceplate.ports.keys import Keys
from faceplate.ports.runtime import Runtime
from faceplate.services.keys import KeyRing
from faceplate.services.secrets import AccessSecrets

_KEYS_KEPT = 4096
_KEPT_S = 2.0


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A live key with what a signature needs; ``session_token`` has to come with it, if any."""

    key: ApiKey
    secret: str
    session_token: str | None = None

    def __repr__(self) -> str:
        """Show the key without its secret."""
        return f"AccessKey({self.key.key_id})"


class AccessKeys:
    """Find access keys by their id, and hold their callers to the key ring's limits.

    Besides stored keys it accepts *fixed* ones, from the configuration. A key that was found is
    remembered until any key changes, and for two seconds at most. Safe to call from several
    threads.
    """

    def __init__(
        self, *, ring: KeyRing, keys: Keys, runtime: Runtime, access_secrets: AccessSecrets
    ) -> None:
        self._ring = ring
        self._keys = keys
        self._runtime = runtime
        self._access_secrets = access_secrets
        self._fixed: dict[str, AccessKey] = {}
        self._seen: OrderedDict[str, tuple[AccessKey, int, float]] = OrderedDict()
        self._guard = threading.Lock()

    def accept(
        self, name: str, access_key_id: str, secret: str, session_token: str | None = None
    ) -> None:
        """Accept a key of somebody else's making, with every right."""
        key = ApiKey(access_key_id, name, KeyScope.WRITE, "", self._runtime.now(), kind=KeyKind.AWS)
        self._fixed[access_key_id] = AccessKey(key, secret, session_token)

    def now(self) -> datetime:
        """Return the time that signatures are held against."""
        return self._runtime.now()

    def find_known(self, access_key_id: str) -> AccessKey | None:
        """Return a key that was found lately, without any I/O; None when `find` has to be asked."""
        if access_key_id in self._fixed:
            return self._fixed[access_key_id]
        found = self._seen.get(access_key_id)
        if found is None:
            return None
        access_key, generation, until_s = found
        fresh = generation == self._ring.generation and self._runtime.monotonic_s() <= until_s
        return access_key if fresh else None

    def find(self, access_key_id: str) -> AccessKey | None:
        """Return a live key; None when there is none with this id."""
        known = self.find_known(access_key_id)
        if known is not None:
            return known
        generation = self._ring.generation
        key = self._keys.get(access_key_id)
        if key is None or key.kind is not KeyKind.AWS or key.revoked_at is not None:
            return None
        access_key = AccessKey(key, self._access_secrets.of(access_key_id))
        with self._guard:
            until_s = self._runtime.monotonic_s() + _KEPT_S
            self._seen[access_key_id] = (access_key, generation, until_s)
            if len(self._seen) > _KEYS_KEPT:
                self._seen.popitem(last=False)
        return access_key

    def is_counted(self, access_key: AccessKey) -> bool:
        """Tell whether `spend` writes to the disk: where a key may make so many requests a day."""
        return self._ring.quota_of(access_key.key) is not None

    def spend(self, access_key: AccessKey) -> None:
        """Count one request whose signature was right.

        Raises:
            RateLimited, QuotaExceeded: As the key ring says.
        """
        self._ring.spend(access_key.key)
