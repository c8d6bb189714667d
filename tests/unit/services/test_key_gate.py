"""Known keys come in without the disk, and not a request longer than they may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from faceplate.adapters.memory.keys import MemoryKeys
from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.domain.errors import Forbidden, QuotaExceeded, RateLimited, Unauthenticated
from faceplate.domain.keys import KeyScope
from faceplate.services.key_gate import KeyGate
from faceplate.services.keys import KeyRing, Limits
from faceplate.services.secrets import AccessSecrets


class Parts:
    def __init__(self, limits: Limits | None = None) -> None:
        self.keys, self.runtime = MemoryKeys(), FixedRuntime()
        self.ring = KeyRing(
            keys=self.keys,
            runtime=self.runtime,
            limits=limits or Limits(),
            access_secrets=AccessSecrets(b"test"),
        )
        self.gate = KeyGate(ring=self.ring, keys=self.keys, runtime=self.runtime)

    def used(self, key_id: str) -> int:
        return self.keys.used(key_id, self.runtime.now().date())


def test_a_key_is_known_once_it_was_seen() -> None:
    parts = Parts()
    key, secret = parts.ring.create("one")
    assert parts.gate.admit_known(secret, KeyScope.READ) is None
    assert parts.gate.admit(secret, KeyScope.READ) == key
    assert parts.gate.admit_known(secret, KeyScope.READ) == key
    assert parts.gate.admit_known("fp_other", KeyScope.READ) is None
    assert parts.gate.admit_known(None, KeyScope.READ) is None


def test_a_revoked_key_is_forgotten_at_once() -> None:
    parts = Parts()
    key, secret = parts.ring.create("one")
    parts.gate.admit(secret, KeyScope.READ)
    parts.ring.revoke(key.key_id)
    assert parts.gate.admit_known(secret, KeyScope.READ) is None
    with pytest.raises(Unauthenticated):
        parts.gate.admit(secret, KeyScope.READ)


def test_a_rotated_key_is_forgotten_at_once() -> None:
    parts = Parts()
    key, secret = parts.ring.create("one")
    parts.gate.admit(secret, KeyScope.READ)
    parts.ring.rotate(key.key_id)
    assert parts.gate.admit_known(secret, KeyScope.READ) is None


def test_no_key_is_remembered_for_long() -> None:
    parts = Parts()
    _, secret = parts.ring.create("one")
    parts.gate.admit(secret, KeyScope.READ)
    parts.runtime.advance(3.0)
    assert parts.gate.admit_known(secret, KeyScope.READ) is None


def test_scopes_hold_either_way() -> None:
    parts = Parts()
    _, secret = parts.ring.create("one", scope=KeyScope.READ)
    parts.gate.admit(secret, KeyScope.READ)
    with pytest.raises(Forbidden):
        parts.gate.admit_known(secret, KeyScope.WRITE)
    with pytest.raises(Forbidden):
        parts.gate.admit(secret, KeyScope.WRITE)


def test_rates_hold_either_way() -> None:
    parts = Parts(Limits(rate_rps=0.5, burst=2))
    _, secret = parts.ring.create("one")
    parts.gate.admit(secret, KeyScope.READ)
    parts.gate.admit_known(secret, KeyScope.READ)
    with pytest.raises(RateLimited):
        parts.gate.admit_known(secret, KeyScope.READ)


def enter(parts: Parts, secret: str) -> None:
    """As the edge does it."""
    if parts.gate.admit_known(secret, KeyScope.READ) is None:
        parts.gate.admit(secret, KeyScope.READ)


@pytest.mark.parametrize("quota", [1, 31, 32, 33, 100])
def test_a_day_has_exactly_its_requests(quota: int) -> None:
    parts = Parts(Limits(daily_quota=quota))
    _, secret = parts.ring.create("one")
    for _ in range(quota):
        enter(parts, secret)
    with pytest.raises(QuotaExceeded):
        enter(parts, secret)


def test_what_was_leased_and_not_used_is_given_back() -> None:
    parts = Parts(Limits(daily_quota=100))
    key, secret = parts.ring.create("one")
    for _ in range(3):
        enter(parts, secret)
    assert parts.used(key.key_id) == 32
    parts.gate.give_back()
    assert parts.used(key.key_id) == 3
    parts.gate.give_back()
    assert parts.used(key.key_id) == 3


def test_yesterdays_lease_is_not_todays() -> None:
    parts = Parts(Limits(daily_quota=5))
    key, secret = parts.ring.create("one")
    enter(parts, secret)
    parts.runtime.advance(timedelta(days=1).total_seconds())
    enter(parts, secret)
    parts.gate.give_back()
    assert parts.used(key.key_id) == 1


def test_the_servers_own_key_has_no_limits() -> None:
    parts = Parts(Limits(rate_rps=0.001, burst=1, daily_quota=1))
    parts.ring.accept("local", "secret", limited=False)
    for _ in range(5):
        enter(parts, "secret")
