"""API keys: make, check, limit, revoke."""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from faceplate.domain.errors import (
    Forbidden,
    InvalidParameter,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Unauthenticated,
    Unsupported,
)
from faceplate.domain.keys import ApiKey, KeyKind, KeyScope
from faceplate.ports.keys import Keys
from faceplate.ports.runtime import Runtime
from faceplate.services.secrets import AccessSecrets

_PREFIX = re.compile(r"[a-zA-Z0-9_.\-]{0,255}")
_FORM = re.compile(r"fp_([0-9a-f]{12})_([0-9a-f]{48})")
_LEVEL = {KeyScope.READ: 0, KeyScope.WRITE: 1, KeyScope.ADMIN: 2}
_BUCKETS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Defaults for keys that name none of their own; None switches a limit off."""

    rate_rps: float | None = None
    burst: int = 25
    daily_quota: int | None = None


class KeyRing:
    """Check keys in constant time and hold every caller to their limits.

    Besides stored keys it accepts *fixed* secrets (from the configuration, or the one a server
    leaves for the command line of the same user); those have no limits of their own.
    """

    def __init__(
        self, *, keys: Keys, runtime: Runtime, limits: Limits, access_secrets: AccessSecrets
    ) -> None:
        self._keys = keys
        self._runtime = runtime
        self._limits = limits
        self._access_secrets = access_secrets
        self._fixed: dict[str, tuple[ApiKey, bool]] = {}
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._guard = threading.Lock()
        self.generation = 0
        """Goes up whenever a key is made or loses its worth, so that others may remember keys."""

    def accept(self, name: str, secret: str, *, limited: bool) -> None:
        """Accept a secret of somebody else's making, with every right."""
        key = ApiKey(name, name, KeyScope.ADMIN, _digest(secret), self._runtime.now())
        self._fixed[name] = (key, limited)
        self.generation += 1

    def create(
        self,
        name: str,
        *,
        scope: KeyScope | None = None,
        kind: KeyKind = KeyKind.API,
        collection_prefix: str = "",
        rate_rps: float | None = None,
        burst: int | None = None,
        daily_quota: int | None = None,
        daily_tokens: int | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key; its secret is returned here and never again.

        Without a scope an API key may do everything, an AWS access key write.

        Raises:
            InvalidParameter: A value does not fit, or not this kind of key.
        """
        if not 1 <= len(name) <= 100 or not name.isprintable():
            raise InvalidParameter("A key's name needs 1 to 100 characters.", parameter="name")
        _require_fit(kind, scope, collection_prefix)
        key_id, secret, digest = self._mint(kind)
        key = ApiKey(
            key_id=key_id,
            name=name,
            scope=scope or (KeyScope.WRITE if kind is KeyKind.AWS else KeyScope.ADMIN),
            secret_sha256=digest,
            created_at=self._runtime.now(),
            rate_rps=rate_rps,
            burst=burst,
            daily_quota=daily_quota,
            daily_tokens=daily_tokens,
            kind=kind,
            collection_prefix=collection_prefix,
        )
        self._keys.put(key)
        return key, secret

    def _mint(self, kind: KeyKind) -> tuple[str, str, str]:
        """Return a new key's id, its secret and the digest to keep of it."""
        if kind is KeyKind.AWS:
            letters = base64.b32encode(bytes.fromhex(self._runtime.token(10))).decode("ascii")
            key_id = f"FPAK{letters}"
            return key_id, self._access_secrets.of(key_id), ""
        key_id = self._runtime.token(6)
        secret = f"fp_{key_id}_{self._runtime.token(24)}"
        return key_id, secret, _digest(secret)

    def list(self) -> Sequence[ApiKey]:
        """List stored keys, revoked ones too."""
        return self._keys.list()

    def revoke(self, key_id: str) -> None:
        """Make a key useless from the next request on."""
        if self._keys.get(key_id) is None:
            raise NotFound("There is no such key.", code="key_not_found")
        self._keys.revoke(key_id, self._runtime.now())
        self.generation += 1

    def rotate(self, key_id: str) -> tuple[ApiKey, str]:
        """Make a new key with the same name, rights and limits, and revoke the old one."""
        old = self._keys.get(key_id)
        if old is None or old.revoked_at is not None:
            raise NotFound("There is no such key.", code="key_not_found")
        key, secret = self.create(
            old.name,
            scope=old.scope,
            kind=old.kind,
            collection_prefix=old.collection_prefix,
            rate_rps=old.rate_rps,
            burst=old.burst,
            daily_quota=old.daily_quota,
            daily_tokens=old.daily_tokens,
        )
        self._keys.revoke(key_id, self._runtime.now())
        self.generation += 1
        return key, secret

    def used_today(self, key_id: str) -> int:
        """Return how many requests were counted against a key's day; none without a quota."""
        return self._keys.used(key_id, self._runtime.now().date())

    def ensure_first(self) -> str | None:
        """Make the first API key of a new installation; None where it needs none."""
        try:
            kept = self._keys.list()
        except Unsupported:  # somebody else keeps them
            return None
        if any(key.kind is KeyKind.API for key in kept):
            return None
        return self.create("first")[1]

    def authenticate(self, secret: str | None) -> tuple[ApiKey, bool]:
        """Return the key of a secret, and whether limits apply to it.

        Raises:
            Unauthenticated: No secret, an unknown one or a revoked one; all look the same.
        """
        if secret:
            digest = _digest(secret).encode()
            for key, limited in self._fixed.values():
                if hmac.compare_digest(digest, key.secret_sha256.encode()):
                    return key, limited
            form = _FORM.fullmatch(secret)
            stored = self._keys.get(form[1]) if form else None
            expected = stored.secret_sha256 if stored else "0" * 64
            same = hmac.compare_digest(digest, expected.encode())
            if stored is not None and same and stored.revoked_at is None:
                return stored, True
        raise Unauthenticated(
            "Send a valid API key in the header x-api-key (or Authorization: Bearer)."
        )

    def require(self, key: ApiKey, scope: KeyScope) -> None:
        """Check that a key may do this.

        Raises:
            Forbidden: The key's scope is too small.
        """
        if _LEVEL[key.scope] < _LEVEL[scope]:
            raise Forbidden(
                f"This key has the scope {key.scope}; {scope} is needed.",
                code="scope_too_small",
            )

    def spend(self, key: ApiKey) -> None:
        """Count one request against the key's rate and its day.

        Raises:
            RateLimited, QuotaExceeded: With the seconds until it is worth trying again.
        """
        self.spend_rate(key)
        quota = self.quota_of(key)
        if quota is None:
            return
        now = self._runtime.now()
        if self._keys.count_request(key.key_id, now.date(), quota=quota) is None:
            raise self.day_used_up(quota, now)

    def quota_of(self, key: ApiKey) -> int | None:
        """Return how many requests a day a key may make."""
        return key.daily_quota if key.daily_quota is not None else self._limits.daily_quota

    def day_used_up(self, quota: int, now: datetime) -> QuotaExceeded:
        """Make the error for a key that has made all of its day's requests."""
        return QuotaExceeded(
            f"This key may make {quota} requests a day, and has.",
            retry_after_s=_until_midnight_s(now),
        )

    def spend_rate(self, key: ApiKey) -> None:
        """Count one request against the key's requests a second.

        Raises:
            RateLimited: With the seconds until it is worth trying again.
        """
        rate = key.rate_rps if key.rate_rps is not None else self._limits.rate_rps
        if rate is None:
            return
        burst = float(key.burst if key.burst is not None else self._limits.burst)
        now = self._runtime.monotonic_s()
        with self._guard:
            tokens, since = self._buckets.pop(key.key_id, (burst, now))
            tokens = min(burst, tokens + (now - since) * rate)
            allowed = tokens >= 1.0
            self._buckets[key.key_id] = (tokens - 1.0 if allowed else tokens, now)
            if len(self._buckets) > _BUCKETS_KEPT:
                self._buckets.popitem(last=False)
        if not allowed:
            raise RateLimited(
                f"This key may make {rate:g} requests a second.",
                retry_after_s=max(1.0, math.ceil((1.0 - tokens) / rate)),
            )


def _require_fit(kind: KeyKind, scope: KeyScope | None, collection_prefix: str) -> None:
    if kind is KeyKind.AWS and scope is KeyScope.ADMIN:
        raise InvalidParameter(
            "An AWS access key may read or write; nothing it can ask for needs more.",
            parameter="scope",
        )
    if kind is not KeyKind.AWS and collection_prefix:
        raise InvalidParameter(
            "Only an AWS access key can be held to collections.", parameter="collection_prefix"
        )
    if not _PREFIX.fullmatch(collection_prefix):
        raise InvalidParameter(
            "A collection_prefix has at most 255 letters, digits, _ . and -.",
            parameter="collection_prefix",
        )


def hide_secret(key: ApiKey) -> ApiKey:
    """Return the key without even the digest of its secret."""
    return replace(key, secret_sha256="")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _until_midnight_s(now: datetime) -> float:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return max(1.0, (tomorrow - now).total_seconds())
