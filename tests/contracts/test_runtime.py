"""What every clock and source of randomness promises."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.ports.runtime import Runtime


def test_now_is_in_utc(runtime: Runtime) -> None:
    assert runtime.now().utcoffset() == timedelta(0)


def test_time_never_runs_backwards(runtime: Runtime) -> None:
    moments = [runtime.monotonic_s() for _ in range(100)]
    assert moments == sorted(moments)


@pytest.mark.parametrize("size_bytes", [1, 16, 32, 200])
def test_token_is_lower_case_hexadecimal_of_the_size(runtime: Runtime, size_bytes: int) -> None:
    assert re.fullmatch(f"[0-9a-f]{{{2 * size_bytes}}}", runtime.token(size_bytes))


def test_tokens_differ(runtime: Runtime) -> None:
    assert len({runtime.token(16) for _ in range(1000)}) == 1000


def test_fixed_time_moves_only_when_told() -> None:
    runtime = FixedRuntime(datetime(2031, 5, 6, tzinfo=UTC))
    assert runtime.now() == runtime.now() == datetime(2031, 5, 6, tzinfo=UTC)
    runtime.advance(90.5)
    assert runtime.now() == datetime(2031, 5, 6, 0, 1, 30, 500_000, tzinfo=UTC)
    assert runtime.monotonic_s() == 90.5


def test_fixed_wall_clock_can_jump_back_while_monotonic_time_stays() -> None:
    runtime = FixedRuntime()
    runtime.advance(10)
    runtime.set_now(datetime(2020, 1, 1, tzinfo=UTC))
    assert runtime.now() == datetime(2020, 1, 1, tzinfo=UTC)
    assert runtime.monotonic_s() == 10


def test_fixed_clock_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="backwards"):
        FixedRuntime().advance(-1)
    with pytest.raises(ValueError, match="zone"):
        FixedRuntime().set_now(datetime(2030, 1, 1))  # noqa: DTZ001 - the point


def test_fixed_tokens_repeat_for_the_same_seed() -> None:
    first, again, other = FixedRuntime(seed="a"), FixedRuntime(seed="a"), FixedRuntime(seed="b")
    assert first.token(8) == again.token(8) != other.token(8)
