"""When a child is started again, and what callers are told meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from faceplate.adapters.llama.child_process import ModelOrder
from faceplate.adapters.llama.keeper import Keeper
from faceplate.domain.errors import Busy, Misconfigured

ORDER = ModelOrder("tiny", Path("tiny.gguf"), 1, 512)


class Child:
    """A child that lives until the test says otherwise."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    @property
    def is_alive(self) -> bool:
        return not self._over.is_set()

    async def ended(self) -> None:
        await self._over.wait()

    async def end(self) -> None:
        self._over.set()


class World:
    """The children that were started, the clock, and what goes wrong."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.now_s = 0.0
        self.failure: Exception | None = None

    async def prepare(self) -> ModelOrder:
        if self.failure is not None:
            raise self.failure
        return ORDER

    async def start(self, _order: ModelOrder) -> Child:
        self.children.append(Child())
        return self.children[-1]

    def keeper(self) -> Keeper:
        return Keeper(self.prepare, self.start, monotonic_s=lambda: self.now_s)


async def crash(keeper: Keeper) -> None:
    await (await keeper.get()).end()


async def settle() -> None:
    """Let every task run until it waits for something."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_callers_share_one_start():
    async def run():
        world = World()
        keeper = world.keeper()
        children = await asyncio.gather(*(keeper.get() for _ in range(5)))
        await keeper.close()
        return len(world.children), len(set(map(id, children)))

    assert asyncio.run(run()) == (1, 1)


def test_the_first_crash_is_mended_at_once_and_the_second_is_not():
    async def run():
        world = World()
        keeper = world.keeper()
        started = []
        for _ in range(2):
            await crash(keeper)
            await settle()
            started.append(len(world.children))
        await keeper.close()
        return started

    assert asyncio.run(run()) == [2, 2]


def test_a_long_wait_is_told_rather_than_waited_for():
    async def run():
        world = World()
        keeper = world.keeper()
        keeper._crashes = 4
        await crash(keeper)
        await settle()
        with pytest.raises(Busy) as caught:
            await keeper.get()
        await keeper.close()
        return caught.value

    error = asyncio.run(run())
    assert (error.code, error.retry_after_s) == ("model_restarting", 8.0)


def test_a_long_life_makes_earlier_crashes_forgotten():
    async def run():
        world = World()
        keeper = world.keeper()
        keeper._crashes = 5
        child = await keeper.get()
        world.now_s = 61.0
        await child.end()
        await settle()
        second = keeper.child
        await keeper.close()
        return second is not None, keeper._crashes

    assert asyncio.run(run()) == (True, 1)


def test_a_start_that_fails_is_not_repeated_at_once():
    async def run():
        world = World()
        world.failure = Misconfigured("No.", code="model_load_failed")
        keeper = world.keeper()
        for _ in range(3):
            with pytest.raises(Misconfigured):
                await keeper.get()
        world.failure = None
        with pytest.raises(Misconfigured):
            await keeper.get()
        assert keeper.failure is not None
        world.now_s = 1.5
        found = await keeper.get()
        assert keeper.failure is None
        await keeper.close()
        return found is world.children[0]

    assert asyncio.run(run())


def test_busy_is_asked_again_every_time():
    async def run():
        world = World()
        world.failure = Busy("Being fetched.", code="model_downloading")
        keeper = world.keeper()
        with pytest.raises(Busy):
            await keeper.get()
        world.failure = None
        await keeper.get()
        await keeper.close()

    asyncio.run(run())


def test_nothing_is_started_after_the_end():
    async def run():
        world = World()
        keeper = world.keeper()
        await keeper.get()
        await keeper.close()
        await keeper.close()
        with pytest.raises(Busy):
            await keeper.get()
        return [child.is_alive for child in world.children]

    assert asyncio.run(run()) == [False]
