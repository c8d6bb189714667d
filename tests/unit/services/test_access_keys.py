"""AWS access keys: made, found, forgotten, limited."""

from __future__ import annotations

import re

import pytest

from build import MemoryParts, build_memory_application
from faceplate.domain.errors import InvalidParameter, QuotaExceeded, RateLimited, Unauthenticated
from faceplate.domain.keys import KeyKind, KeyScope
from faceplate.services import access_keys
from faceplate.services.keys import Limits
from faceplate.services.secrets import AccessSecrets


@pytest.fixture
def parts() -> MemoryParts:
    return build_memory_application()


def make(parts: MemoryParts, **how: object) -> tuple[str, str]:
    key, secret = parts.application.keys.create("aws", kind=KeyKind.AWS, **how)
    return key.key_id, secret


def test_a_key_is_found_with_its_secret(parts: MemoryParts) -> None:
    key_id, secret = make(parts, collection_prefix="team.")
    assert re.fullmatch(r"FPAK[A-Z2-7]{16}", key_id)
    assert re.fullmatch(r"[A-Za-z0-9_-]{40}", secret)
    found = parts.application.access_keys.find(key_id)
    assert found is not None
    assert (found.secret, found.session_token) == (secret, None)
    assert (found.key.scope, found.key.collection_prefix) == (KeyScope.WRITE, "team.")
    assert found.key.secret_sha256 == ""
    assert secret not in repr(found)


def test_secrets_differ_by_key_and_installation(parts: MemoryParts) -> None:
    first, second = make(parts)[1], make(parts)[1]
    assert first != second
    assert AccessSecrets(b"one").of("FPAK") != AccessSecrets(b"another").of("FPAK")
    assert AccessSecrets(b"one").of("FPAK") == AccessSecrets(b"one").of("FPAK")


def test_nobody_and_api_keys_are_not_found(parts: MemoryParts) -> None:
    api_key, api_secret = parts.application.keys.create("api")
    keys = parts.application.access_keys
    assert keys.find("nobody") is None
    assert keys.find(api_key.key_id) is None
    assert parts.application.keys.authenticate(api_secret)[0] == api_key
    with pytest.raises(Unauthenticated):
        parts.application.keys.authenticate(make(parts)[1])


def test_a_key_is_remembered_until_it_is_revoked(parts: MemoryParts) -> None:
    key_id, _ = make(parts)
    keys = parts.application.access_keys
    assert keys.find_known(key_id) is None
    found = keys.find(key_id)
    assert keys.find_known(key_id) == found == keys.find(key_id)
    parts.application.keys.revoke(key_id)
    assert keys.find_known(key_id) is None
    assert keys.find(key_id) is None


def test_a_key_is_remembered_for_two_seconds(parts: MemoryParts) -> None:
    key_id, _ = make(parts)
    keys = parts.application.access_keys
    keys.find(key_id)
    parts.keys.revoke(key_id, parts.runtime.now())  # by another process
    parts.runtime.advance(1.9)
    assert keys.find_known(key_id) is not None
    parts.runtime.advance(0.2)
    assert keys.find_known(key_id) is None
    assert keys.find(key_id) is None


def test_the_oldest_of_many_is_forgotten(
    parts: MemoryParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_keys, "_KEYS_KEPT", 2)
    made = [make(parts)[0] for _ in range(3)]
    keys = parts.application.access_keys
    for key_id in made:
        keys.find(key_id)
    assert [keys.find_known(key_id) is None for key_id in made] == [True, False, False]


def test_a_fixed_key_is_accepted(parts: MemoryParts) -> None:
    keys = parts.application.access_keys
    keys.accept("env", "AKIDFIXED", "its secret", "its token")
    found = keys.find("AKIDFIXED")
    assert found is keys.find_known("AKIDFIXED")
    assert found is not None
    assert (found.secret, found.session_token) == ("its secret", "its token")
    assert found.key.scope is KeyScope.WRITE
    assert keys.now() == parts.runtime.now()


def test_limits_are_those_of_the_ring() -> None:
    parts = build_memory_application(limits=Limits(rate_rps=1, burst=1, daily_quota=2))
    keys = parts.application.access_keys
    found = keys.find(make(parts)[0])
    assert found is not None
    keys.spend(found)
    with pytest.raises(RateLimited):
        keys.spend(found)
    parts.runtime.advance(1)
    keys.spend(found)
    parts.runtime.advance(1)
    with pytest.raises(QuotaExceeded):
        keys.spend(found)


def test_rotating_keeps_what_a_key_is(parts: MemoryParts) -> None:
    key_id, secret = make(parts, scope=KeyScope.READ, collection_prefix="a", daily_quota=5)
    fresh, other = parts.application.keys.rotate(key_id)
    assert (fresh.kind, fresh.scope, fresh.collection_prefix, fresh.daily_quota) == (
        KeyKind.AWS,
        KeyScope.READ,
        "a",
        5,
    )
    assert other != secret
    assert parts.application.access_keys.find(key_id) is None
    assert parts.application.access_keys.find(fresh.key_id) is not None


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"kind": KeyKind.AWS, "scope": KeyScope.ADMIN}, "scope"),
        ({"collection_prefix": "a"}, "collection_prefix"),
        ({"kind": KeyKind.AWS, "collection_prefix": "a b"}, "collection_prefix"),
        ({"kind": KeyKind.AWS, "collection_prefix": "a" * 256}, "collection_prefix"),
    ],
)
def test_what_does_not_fit_is_refused(
    parts: MemoryParts, how: dict[str, object], named: str
) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parts.application.keys.create("x", **how)
    assert caught.value.details["parameter"] == named


def test_an_access_key_is_no_first_key(parts: MemoryParts) -> None:
    make(parts)
    assert parts.application.keys.ensure_first() is not None
    assert parts.application.keys.ensure_first() is None
