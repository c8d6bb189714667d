"""Clients that cost little: keep-alive connections over bare sockets, and what they measure."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Target:
    """Where requests go, and what they say."""

    url: str
    body: Mapping[str, object]
    key: str

    def request(self, *, stream: bool) -> bytes:
        """The bytes of one request."""
        parts = urlsplit(self.url)
        body = json.dumps({**self.body, **({"stream": True} if stream else {})}).encode()
        head = (
            f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\n"
            f"authorization: Bearer {self.key}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass(frozen=True)
class Latencies:
    """Sorted times in milliseconds; requests that failed are counted apart."""

    sorted_ms: list[float]
    failed: int
    seconds: float

    def pct(self, share: float) -> float:
        """The time below which this share of requests stayed."""
        if not self.sorted_ms:
            return float("nan")
        place = min(len(self.sorted_ms) - 1, int(share / 100 * len(self.sorted_ms)))
        return self.sorted_ms[place]

    @property
    def rps(self) -> float:
        """Good answers a second."""
        return len(self.sorted_ms) / self.seconds


class Line(asyncio.Protocol):
    """One keep-alive connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._data = bytearray()
        self._done: asyncio.Future[bool] | None = None
        self.first_byte_s = 0.0

    def connection_lost(self, exc: Exception | None) -> None:
        """Let whoever waits go on."""
        del exc
        if self._done is not None and not self._done.done():
            self._done.set_result(False)

    def ask(self, request: bytes) -> asyncio.Future[bool]:
        """Send a request; the future tells whether the answer was a good one."""
        self._data = bytearray()
        self.first_byte_s = 0.0
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._done

    def data_received(self, data: bytes) -> None:
        """Take what came in."""
        self._data += data
        if not self.first_byte_s and b"data: " in self._data:
            self.first_byte_s = time.perf_counter()
        end = self._data.find(b"\r\n\r\n")
        if end < 0 or self._done is None or self._done.done():
            return
        head = self._data[:end].lower()
        place = head.find(b"content-length:")
        if place >= 0:
            length = int(bytes(head[place + 15 :]).split(b"\r\n", 1)[0])
            whole = len(self._data) >= end + 4 + length
        else:
            whole = self._data.endswith(b"0\r\n\r\n")
        if whole:
            self._done.set_result(self._data.startswith(b"HTTP/1.1 200"))

    @property
    def events(self) -> int:
        """How many events the answer had."""
        return self._data.count(b"data: ")

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


async def _connect(target: Target) -> Line:
    parts = urlsplit(target.url)
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(Line, parts.hostname, parts.port)
    return line


async def closed_loop(target: Target, *, clients: int, seconds: float) -> Latencies:
    """Let each client ask again as soon as it has its answer."""
    request = target.request(stream=False)
    times: list[float] = []
    failed = 0
    ends = time.perf_counter() + seconds

    async def client() -> None:
        nonlocal failed
        line = await _connect(target)
        while (started := time.perf_counter()) < ends:
            if await line.ask(request):
                times.append((time.perf_counter() - started) * 1000)
            else:
                failed += 1
                line.close()
                line = await _connect(target)
        line.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Latencies(sorted(times), failed, time.perf_counter() - began)


async def open_loop(target: Target, *, rps: float, seconds: float) -> Latencies:
    """Send at a fixed pace, whatever comes back; a request counts from when it was due."""
    request = target.request(stream=False)
    idle: list[Line] = [await _connect(target) for _ in range(8)]
    times: list[float] = []
    failed = 0
    began = time.perf_counter()

    async def one(due: float) -> None:
        nonlocal failed
        line = idle.pop() if idle else await _connect(target)
        if await line.ask(request):
            times.append((time.perf_counter() - due) * 1000)
            idle.append(line)
        else:
            failed += 1
            line.close()

    running = set()
    for place in range(int(rps * seconds)):
        due = began + place / rps
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(due))
        running.add(task)
        task.add_done_callback(running.discard)
    if running:
        await asyncio.wait(running, timeout=30)
    for line in idle:
        line.close()
    return Latencies(sorted(times), failed, time.perf_counter() - began)


async def first_bytes(target: Target, *, streams: int) -> Latencies:
    """Measure how long the first event takes, in short streams one after another."""
    request = Target(target.url, {**target.body, "seed": 1}, target.key).request(stream=True)
    line = await _connect(target)
    times, failed = [], 0
    began = time.perf_counter()
    for _ in range(streams):
        started = time.perf_counter()
        if await line.ask(request) and line.first_byte_s:
            times.append((line.first_byte_s - started) * 1000)
        else:
            failed += 1
            line.close()
            line = await _connect(target)
    line.close()
    return Latencies(sorted(times), failed, time.perf_counter() - began)


async def events_a_second(target: Target, *, clients: int, seconds: float) -> float:
    """Measure how many streamed events come through."""
    request = target.request(stream=True)
    ends = time.perf_counter() + seconds
    events = 0

    async def client() -> None:
        nonlocal events
        line = await _connect(target)
        while time.perf_counter() < ends:
            if not await line.ask(request):
                line.close()
                line = await _connect(target)
                continue
            events += line.events
        line.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return events / (time.perf_counter() - began)
