import pytest

from build import build_memory_application
from faceplate.adapters.aws.keys import GatewayKeys
from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.domain.errors import (
    Forbidden,
    InvalidParameter,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Unauthenticated,
    Unsupported,
)
from faceplate.domain.keys import KeyScope
from faceplate.services.keys import KeyRing, Limits, hide_secret
from faceplate.services.secrets import AccessSecrets


def test_a_key_is_shown_once_and_kept_as_a_digest() -> None:
    parts = build_memory_application()
    key, secret = parts.application.keys.create("laptop")
    assert parts.application.keys.authenticate(secret) == (key, True)
    assert secret not in str(parts.keys.list())
    assert secret.rpartition("_")[2] not in str(parts.keys.list())
    assert hide_secret(key).secret_sha256 == ""


def test_everything_else_is_refused_alike() -> None:
    ring = build_memory_application().application.keys
    key, secret = ring.create("laptop")
    other = ring.create("other")[1]
    forged = f"fp_{key.key_id}_{other.rpartition('_')[2]}"
    said = set()
    for bad in (
        None,
        "",
        "x",
        secret[:-1],
        secret + "0",
        secret.upper(),
        forged,
        "fp_" + "0" * 61,
        "ü",
        "\ud800",
    ):
        with pytest.raises(Unauthenticated) as caught:
            ring.authenticate(bad)
        said.add(caught.value.message)
    assert len(said) == 1


def test_revoked_and_rotated_keys_stop_working() -> None:
    ring = build_memory_application().application.keys
    key, secret = ring.create("laptop", scope=KeyScope.READ, daily_quota=5)
    fresh, fresh_secret = ring.rotate(key.key_id)
    assert (fresh.name, fresh.scope, fresh.daily_quota) == ("laptop", KeyScope.READ, 5)
    with pytest.raises(Unauthenticated):
        ring.authenticate(secret)
    ring.revoke(fresh.key_id)
    with pytest.raises(Unauthenticated):
        ring.authenticate(fresh_secret)
    for call in (ring.rotate, ring.revoke):
        with pytest.raises(NotFound):
            call("0" * 12)
    with pytest.raises(NotFound):
        ring.rotate(key.key_id)
    assert len(ring.list()) == 2


def test_the_first_key_is_made_once() -> None:
    ring = build_memory_application().application.keys
    first = ring.ensure_first()
    assert first is not None
    assert ring.authenticate(first)[0].scope is KeyScope.ADMIN
    assert ring.ensure_first() is None


def test_fixed_secrets_are_accepted_beside_stored_ones() -> None:
    ring = build_memory_application().application.keys
    ring.accept("env", "from the configuration", limited=True)
    ring.accept("local", "left for the command line", limited=False)
    key, limited = ring.authenticate("left for the command line")
    assert (key.key_id, limited) == ("local", False)
    assert ring.authenticate("from the configuration")[1]


def test_scopes_include_the_smaller_ones() -> None:
    ring = build_memory_application().application.keys
    key, _ = ring.create("writer", scope=KeyScope.WRITE)
    ring.require(key, KeyScope.READ)
    ring.require(key, KeyScope.WRITE)
    with pytest.raises(Forbidden) as caught:
        ring.require(key, KeyScope.ADMIN)
    assert caught.value.code == "scope_too_small"


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 101])
def test_names_of_keys_are_checked(name: str) -> None:
    with pytest.raises(InvalidParameter):
        build_memory_application().application.keys.create(name)


def test_the_rate_lets_a_burst_through_and_then_one_by_one() -> None:
    parts = build_memory_application(limits=Limits(rate_rps=2, burst=3))
    ring, clock = parts.application.keys, parts.runtime
    key, _ = ring.create("laptop")
    for _ in range(3):
        ring.spend(key)
    with pytest.raises(RateLimited) as caught:
        ring.spend(key)
    assert caught.value.retry_after_s == 1
    clock.advance(0.5)
    ring.spend(key)
    with pytest.raises(RateLimited):
        ring.spend(key)
    clock.advance(3600)
    for _ in range(3):
        ring.spend(key)
    with pytest.raises(RateLimited):
        ring.spend(key)


def test_a_keys_own_limits_come_before_the_defaults() -> None:
    ring = build_memory_application(limits=Limits(rate_rps=1, burst=1)).application.keys
    key, _ = ring.create("busy", rate_rps=0.1, burst=2)
    ring.spend(key)
    ring.spend(key)
    with pytest.raises(RateLimited) as caught:
        ring.spend(key)
    assert caught.value.retry_after_s == 10


def test_the_day_has_an_end_for_each_key() -> None:
    parts = build_memory_application(limits=Limits(daily_quota=2))
    ring, clock = parts.application.keys, parts.runtime
    key, _ = ring.create("laptop")
    other, _ = ring.create("other")
    ring.spend(key)
    ring.spend(key)
    with pytest.raises(QuotaExceeded) as caught:
        ring.spend(key)
    assert 1 <= caught.value.retry_after_s <= 86400
    ring.spend(other)
    clock.advance(caught.value.retry_after_s)
    ring.spend(key)
    assert ring.used_today(key.key_id) == 1


def test_without_limits_nothing_is_counted() -> None:
    parts = build_memory_application()
    key, _ = parts.application.keys.create("laptop")
    for _ in range(1000):
        parts.application.keys.spend(key)
    assert parts.keys.used(key.key_id, parts.runtime.now().date()) == 0


def test_the_memory_of_rates_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceplate.services.keys._BUCKETS_KEPT", 2)
    parts = build_memory_application()
    ring = KeyRing(
        keys=parts.keys,
        runtime=parts.runtime,
        limits=Limits(rate_rps=1, burst=1),
        access_secrets=AccessSecrets(b"test"),
    )
    made = [ring.create(f"k{number}")[0] for number in range(4)]
    for key in made:
        ring.spend(key)
    ring.spend(made[0])  # forgotten long ago, so it starts afresh
    with pytest.raises(RateLimited):
        ring.spend(made[0])


def test_no_first_key_is_made_where_keys_are_kept_elsewhere() -> None:
    ring = KeyRing(
        keys=GatewayKeys(),
        runtime=FixedRuntime(),
        limits=Limits(),
        access_secrets=AccessSecrets(b""),
    )
    assert ring.ensure_first() is None
    for use in (ring.list, lambda: ring.create("x")):
        with pytest.raises(Unsupported) as caught:
            use()
        assert caught.value.code == "keys_in_gateway"
    with pytest.raises(Unauthenticated):
        ring.authenticate("fp_" + "0" * 12 + "_" + "0" * 48)
