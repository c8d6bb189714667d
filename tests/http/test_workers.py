"""Picture work beside the event loop: how much may wait, and what happens when nobody does."""

import asyncio
import threading

import pytest
from fastapi import FastAPI

from asgi_client import Client, exchange, make_scope
from build import ANA, draw
from faceplate.domain.errors import Busy
from faceplate.http.workers import WAITING_FOR_EACH_THREAD, Workers

ROOM = 1 + WAITING_FOR_EACH_THREAD


def test_work_past_the_queue_is_refused_and_room_comes_back() -> None:
    gate = threading.Event()

    async def fill() -> list[object]:
        workers = Workers(1)
        held = [asyncio.create_task(workers.work(gate.wait)) for _ in range(ROOM)]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refused:
            await workers.work(lambda: None)
        assert refused.value.retry_after_s >= 1
        assert workers.present == ROOM
        # Listings do not stand in the same queue.
        assert await workers.read(lambda: "read") == "read"
        gate.set()
        done: list[object] = list(await asyncio.gather(*held))
        assert await workers.work(lambda: 7) == 7
        assert workers.present == 0
        await workers.close()
        return done

    assert asyncio.run(fill()) == [True] * ROOM


def test_work_goes_on_when_its_caller_has_gone() -> None:
    gate, finished = threading.Event(), threading.Event()

    def job() -> None:
        gate.wait()
        finished.set()
        raise ValueError("nobody listens")

    async def leave() -> None:
        workers = Workers(1)
        task = asyncio.create_task(workers.work(job))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert workers.present == 1
        gate.set()
        await workers.close()

    asyncio.run(leave())
    assert finished.is_set()


def test_an_error_of_the_work_reaches_the_caller() -> None:
    async def fail() -> None:
        workers = Workers(1)
        with pytest.raises(ZeroDivisionError):
            await workers.work(lambda: 1 // 0)
        assert workers.present == 0
        await workers.close()
        await workers.close()

    asyncio.run(fail())


def test_a_full_queue_is_503_with_retry_after_before_the_body_is_read(
    client: Client, app: FastAPI
) -> None:
    gate = threading.Event()
    read = []

    async def body() -> dict[str, object]:
        read.append(1)
        return {"type": "http.request", "body": draw(ANA), "more_body": False}

    async def crowd() -> tuple[int, dict[str, str]]:
        workers = app.state.backend.workers
        held = [asyncio.create_task(workers.work(gate.wait)) for _ in range(2 * ROOM)]
        await asyncio.sleep(0)
        found: list[dict[str, object]] = []

        async def send(message: dict[str, object]) -> None:
            found.append(message)

        headers = [(b"x-api-key", str(client.secret).encode())]
        await app(make_scope("POST", "/v1/search", headers), body, send)
        gate.set()
        await asyncio.gather(*held)
        start = found[0]
        raw: list[tuple[bytes, bytes]] = start["headers"]  # type: ignore[assignment]
        return int(str(start["status"])), {k.decode(): v.decode() for k, v in raw}

    status, headers = asyncio.run(crowd())
    assert status == 503
    assert int(headers["retry-after"]) >= 1
    assert read == []


def test_a_caller_who_leaves_in_the_middle_breaks_nothing(client: Client, app: FastAPI) -> None:
    headers = [(b"x-api-key", str(client.secret).encode())]
    scope = make_scope("PUT", "/v1/index/a.png", headers)
    half = [{"type": "http.request", "body": draw(ANA)[:50], "more_body": True}]
    gone = asyncio.run(exchange(app, scope, half))
    assert gone.status == 499
    assert client.get("/v1/images").json()["images"] == []
    assert client.put("/v1/index/a.png", draw(ANA)).status == 201


def test_the_lifespan_gives_the_threads_back(app: FastAPI) -> None:
    async def live() -> list[str]:
        orders: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        said: list[str] = []

        async def send(message: dict[str, str]) -> None:
            said.append(message["type"])
            if message["type"] == "lifespan.startup.complete":
                await app.state.backend.workers.work(lambda: None)
                await orders.put({"type": "lifespan.shutdown"})

        await orders.put({"type": "lifespan.startup"})
        await app({"type": "lifespan", "asgi": {"version": "3.0"}}, orders.get, send)
        return said

    before = set(threading.enumerate())
    assert asyncio.run(live()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    left = set(threading.enumerate()) - before
    assert not [thread for thread in left if thread.name.startswith("pictures")]
