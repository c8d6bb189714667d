"""What every keeper of usage promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from faceplate.ports.usage import Usage, UsageRow

DAY = date(2030, 3, 1)
ROW = UsageRow("k1", "mood", DAY, 1, 0, 0, 10, 5)


def test_nothing_is_used_at_first(usage: Usage) -> None:
    assert list(usage.read(first=DAY, last=DAY)) == []
    assert usage.tokens_used("k1", DAY) == 0


def test_rows_add_up(usage: Usage) -> None:
    usage.add([ROW, ROW._replace(failures=1, cache_hits=1)])
    usage.add([ROW._replace(prompt_tokens=1, completion_tokens=0)])
    assert list(usage.read(first=DAY, last=DAY)) == [UsageRow("k1", "mood", DAY, 3, 1, 1, 21, 10)]
    assert usage.tokens_used("k1", DAY) == 31


def test_keys_apps_and_days_are_apart_and_in_order(usage: Usage) -> None:
    later = DAY + timedelta(days=1)
    rows = [
        ROW._replace(day=later),
        ROW._replace(key_id="k2"),
        ROW._replace(app="chat/completions"),
        ROW,
    ]
    usage.add(rows)
    found = [(row.day, row.key_id, row.app) for row in usage.read(first=DAY, last=later)]
    assert found == [
        (DAY, "k1", "chat/completions"),
        (DAY, "k1", "mood"),
        (DAY, "k2", "mood"),
        (later, "k1", "mood"),
    ]
    assert usage.tokens_used("k1", DAY) == 30
    assert [row.key_id for row in usage.read(first=DAY, last=DAY, key_id="k2")] == ["k2"]
    assert list(usage.read(first=later, last=DAY)) == []


def test_many_writers_lose_nothing(usage: Usage) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: usage.add([ROW]), range(40)))
    assert usage.read(first=DAY, last=DAY)[0].requests == 40


def test_ping(usage: Usage) -> None:
    usage.ping()
