"""Tokens are reserved before and settled after, and no request waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.adapters.memory.usage import MemoryUsage
from faceplate.domain.errors import QuotaExceeded, StorageFailed
from faceplate.domain.keys import ApiKey, KeyScope
from faceplate.ports.usage import UsageRow
from faceplate.services.usage import Meter, TokenLimits

KEY = ApiKey("k1", "one", KeyScope.READ, "", datetime(2030, 1, 1, tzinfo=UTC))


class Kept(MemoryUsage):
    """Fails as long as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = False

    def add(self, rows: Sequence[UsageRow]) -> None:
        if self.fails:
            raise StorageFailed("no")
        super().add(rows)


def make(limit: int | None = 100, *, hard: bool = True) -> tuple[Meter, Kept, FixedRuntime]:
    usage, runtime = Kept(), FixedRuntime()
    limits = TokenLimits(daily_tokens=limit, hard=hard)
    return Meter(usage=usage, runtime=runtime, limits=limits), usage, runtime


def reserve(meter: Meter, tokens: int, key: ApiKey = KEY) -> None:
    asyncio.run(meter.reserve(key, "mood", tokens))


def test_reserved_tokens_are_not_there_for_others() -> None:
    meter, _, _ = make()
    reserve(meter, 60)
    with pytest.raises(QuotaExceeded) as refused:
        reserve(meter, 41)
    assert refused.value.details == {"limit": 100, "left": 40, "needed": 41}
    reserve(meter, 40)


def test_nobody_gains_by_reserving_less_than_nothing() -> None:
    meter, _, _ = make()
    reserve(meter, -1_000_000)
    with pytest.raises(QuotaExceeded):
        reserve(meter, 101)


def test_settling_gives_back_what_was_not_used_and_only_once() -> None:
    meter, _, _ = make()
    held = asyncio.run(meter.reserve(KEY, "mood", 100))
    meter.settle(held, prompt_tokens=10, completion_tokens=5)
    meter.settle(held, prompt_tokens=80)
    reserve(meter, 85)
    with pytest.raises(QuotaExceeded):
        reserve(meter, 1)


def test_more_than_reserved_counts_in_full() -> None:
    meter, _, _ = make()
    meter.settle(asyncio.run(meter.reserve(KEY, "mood", 10)), completion_tokens=99)
    with pytest.raises(QuotaExceeded):
        reserve(meter, 2)


def test_what_was_used_before_this_process_counts() -> None:
    meter, usage, runtime = make()
    usage.add([UsageRow("k1", "other", runtime.now().date(), prompt_tokens=95)])
    with pytest.raises(QuotaExceeded):
        reserve(meter, 6)
    reserve(meter, 6, replace(KEY, key_id="k2"))


def test_a_new_day_is_a_new_quota() -> None:
    meter, _, runtime = make()
    held = asyncio.run(meter.reserve(KEY, "mood", 100))
    runtime.advance(timedelta(days=1).total_seconds())
    reserve(meter, 100)
    meter.settle(held, prompt_tokens=50)
    with pytest.raises(QuotaExceeded):
        reserve(meter, 1)


def test_a_soft_limit_only_tells() -> None:
    meter, _, _ = make(hard=False)
    assert not asyncio.run(meter.reserve(KEY, "mood", 100)).over_limit
    assert asyncio.run(meter.reserve(KEY, "mood", 1)).over_limit


def test_a_keys_own_limit_comes_first() -> None:
    meter, _, _ = make(None)
    assert meter.limit_of(KEY) is None
    assert not meter.is_hard(KEY)
    own = replace(KEY, daily_tokens=5)
    assert meter.is_hard(own)
    with pytest.raises(QuotaExceeded):
        reserve(meter, 6, own)


def test_rows_are_written_together_and_survive_a_failing_disk() -> None:
    meter, usage, runtime = make(None)
    day = runtime.now().date()
    for failed in (False, True):
        held = asyncio.run(meter.reserve(KEY, "mood", 0))
        meter.settle(held, prompt_tokens=3, completion_tokens=2, failed=failed)
    usage.fails = True
    with pytest.raises(StorageFailed):
        meter.flush()
    usage.fails = False
    meter.settle(asyncio.run(meter.reserve(KEY, "mood", 0)), cached=True)
    expected = UsageRow("k1", "mood", day, 3, 1, 1, 6, 4)
    assert list(meter.read(first=day, last=day)) == [expected]
    assert list(meter.read(first=day, last=day, key_id="k2")) == []


def test_refused_requests_are_counted_as_failures() -> None:
    meter, _, runtime = make()
    with pytest.raises(QuotaExceeded):
        reserve(meter, 101)
    row = meter.read(first=runtime.now().date(), last=meter.today())[0]
    assert (row.requests, row.failures, row.tokens) == (1, 1, 0)
