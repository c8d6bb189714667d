"""What every keeper of API keys promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from faceplate.domain.keys import ApiKey, KeyKind, KeyScope
from faceplate.ports.keys import Keys

DAY = date(2030, 3, 1)
NOW = datetime(2030, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def make_key(key_id: str = "k1", **changes: Any) -> ApiKey:
    key = ApiKey(
        key_id=key_id, name="scänner", scope=KeyScope.WRITE, secret_sha256="ab" * 32, created_at=NOW
    )
    return replace(key, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scope": KeyScope.ADMIN, "rate_rps": 2.5, "burst": 9, "daily_quota": 0},
        {"daily_tokens": 12_000},
        {"kind": KeyKind.AWS, "collection_prefix": "team-a.", "secret_sha256": ""},
        {"revoked_at": NOW + timedelta(days=1)},
        {"created_at": NOW.replace(microsecond=0)},
        {"created_at": NOW.astimezone(timezone(timedelta(hours=5)))},
    ],
)
def test_a_key_comes_back_as_it_was(keys: Keys, changes: dict[str, Any]) -> None:
    key = make_key(**changes)
    keys.put(key)
    assert keys.get(key.key_id) == key


def test_unknown_key_is_none(keys: Keys) -> None:
    assert keys.get("nobody") is None


def test_put_overwrites(keys: Keys) -> None:
    keys.put(make_key())
    keys.put(make_key(name="new"))
    assert [key.name for key in keys.list()] == ["new"]


def test_list_is_oldest_first(keys: Keys) -> None:
    for key_id, seconds in (("a", 2), ("b", 0), ("c", 1.5), ("d", 1.5)):
        keys.put(make_key(key_id, created_at=NOW + timedelta(seconds=seconds)))
    assert [key.key_id for key in keys.list()] == ["b", "c", "d", "a"]


def test_revoking_is_for_good(keys: Keys) -> None:
    keys.put(make_key())
    assert keys.revoke("k1", NOW)
    assert not keys.revoke("k1", NOW + timedelta(days=1))
    assert not keys.revoke("nobody", NOW)
    revoked = keys.get("k1")
    assert revoked is not None
    assert revoked.revoked_at == NOW
    assert keys.list() == [revoked]


def test_requests_are_counted_by_key_and_day(keys: Keys) -> None:
    assert [keys.count_request("a", DAY, quota=None) for _ in range(3)] == [1, 2, 3]
    assert keys.count_request("b", DAY, quota=None) == 1
    assert keys.count_request("a", DAY + timedelta(days=1), quota=None) == 1
    assert (keys.used("a", DAY), keys.used("b", DAY), keys.used("c", DAY)) == (3, 1, 0)


def test_a_refused_request_is_not_counted(keys: Keys) -> None:
    assert [keys.count_request("a", DAY, quota=2) for _ in range(4)] == [1, 2, None, None]
    assert keys.used("a", DAY) == 2
    assert keys.count_request("a", DAY, quota=3) == 3
    assert keys.count_request("z", DAY, quota=0) is None


def test_of_many_threads_exactly_the_quota_gets_through(keys: Keys) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: keys.count_request("a", DAY, quota=100), range(160)))
    assert sorted(answer for answer in answers if answer is not None) == list(range(1, 101))
    assert answers.count(None) == 60
    assert keys.used("a", DAY) == 100


def test_ping_of_a_working_store_is_silent(keys: Keys) -> None:
    keys.ping()


def test_requests_can_be_counted_several_at_a_time(keys: Keys) -> None:
    assert keys.count_requests("k1", DAY, 8, quota=10) == 8
    assert keys.count_requests("k1", DAY, 8, quota=10) == 2
    assert keys.count_requests("k1", DAY, 8, quota=10) == 0
    assert keys.count_request("k1", DAY, quota=10) is None
    assert keys.used("k1", DAY) == 10


def test_requests_can_be_given_back_down_to_none(keys: Keys) -> None:
    keys.count_requests("k1", DAY, 5, quota=None)
    assert keys.count_requests("k1", DAY, -3, quota=None) == -3
    assert keys.used("k1", DAY) == 2
    assert keys.count_requests("k1", DAY, -9, quota=None) == -2
    assert keys.used("k1", DAY) == 0
