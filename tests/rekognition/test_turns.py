"""Pictures wait for their turn; only a crowd past counting is refused."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from aws_serving import aws_serving
from build import ANA, draw
from faceplate.domain.errors import Busy
from faceplate.http.rekognition.turns import MAX_WAITING, Turns
from faceplate.http.workers import WAITING_FOR_EACH_THREAD, Workers


def test_more_pictures_at_once_than_rest_lets_wait_are_all_answered() -> None:
    many = 4 * 2 * (1 + WAITING_FOR_EACH_THREAD)
    picture = draw(ANA)
    with aws_serving() as aws, ThreadPoolExecutor(many) as pool:
        clients = [aws.client(max_pool_connections=1) for _ in range(many)]
        answers = list(pool.map(lambda one: one.detect_faces(Image={"Bytes": picture}), clients))
    assert [len(answer["FaceDetails"]) for answer in answers] == [1] * many


def test_a_crowd_is_refused_and_room_comes_back() -> None:
    gate = threading.Event()

    async def crowd() -> None:
        workers = Workers(1)
        turns = Turns(workers, 1)
        held = [asyncio.create_task(turns.work(gate.wait)) for _ in range(4 + MAX_WAITING)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await turns.work(lambda: None)
        held[-1].cancel()
        await asyncio.gather(held[-1], return_exceptions=True)
        held[-1] = asyncio.create_task(turns.work(gate.wait))
        gate.set()
        assert await asyncio.gather(*held) == [True] * len(held)
        await workers.close()

    asyncio.run(crowd())
