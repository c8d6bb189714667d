"""What every keeper of leases promises."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from faceplate.adapters.aws.leases import DynamoLeases
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.memory.leases import MemoryLeases
from faceplate.adapters.system.runtime import SystemRuntime
from faceplate.domain.errors import Busy
from faceplate.ports.leases import Leases

Make = Callable[[float], Leases]


@pytest.fixture(params=["memory", "dynamodb"])
def holders(request: pytest.FixtureRequest) -> tuple[Leases, Leases]:
    """Two processes' views of the same leases; the second one does not wait."""
    if request.param == "memory":
        shared = MemoryLeases(wait_s=0.0)
        return shared, shared
    table: DynamoTable = request.getfixturevalue("dynamo_table")
    other = DynamoTable(table._clients, table.name)
    runtime = SystemRuntime()
    return DynamoLeases(table, runtime), DynamoLeases(other, runtime, wait_s=0.0)


def test_one_holds_and_the_other_is_told(holders: tuple[Leases, Leases]) -> None:
    first, second = holders
    with first.holding("c", "a b.jpg"):
        with pytest.raises(Busy) as caught, second.holding("c", "a b.jpg"):
            pass
        assert caught.value.code == "image_busy"
        with second.holding("c", "other.jpg"), second.holding("d", "a b.jpg"):
            pass
    with second.holding("c", "a b.jpg"):
        pass


def test_a_holder_that_fails_lets_go(holders: tuple[Leases, Leases]) -> None:
    first, second = holders
    with pytest.raises(ZeroDivisionError), first.holding("c", "a"):
        raise ZeroDivisionError
    with second.holding("c", "a"):
        pass


@pytest.mark.parametrize("kind", ["memory", "dynamodb"])
def test_of_many_one_at_a_time_gets_in(kind: str, request: pytest.FixtureRequest) -> None:
    leases: Leases = MemoryLeases()
    if kind == "dynamodb":
        table: DynamoTable = request.getfixturevalue("dynamo_table")
        leases = DynamoLeases(table, SystemRuntime(), wait_s=30.0)
    inside, most, guard = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal inside, most
        with leases.holding("c", "a"):
            with guard:
                inside += 1
                most = max(most, inside)
            with guard:
                inside -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert most == 1
