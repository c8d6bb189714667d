"""A provider over real HTTP on this machine, that can be told to misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

WAIT_S = 20.0

MODELS = {
    "object": "list",
    "data": [{"id": "stub-1", "object": "model", "created": 1, "owned_by": "stub"}],
}


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Wire:
    """The open connection of one request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(
        self, status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        await self.send(
            _head(status, content_type, {"content-length": str(len(body)), **(headers or {})})
            + body
        )

    async def begin_events(self) -> None:
        await self.send(_head(200, "text/event-stream", {"transfer-encoding": "chunked"}))

    async def begin_pieces(self, content_type: str) -> None:
        await self.send(_head(200, content_type, {"transfer-encoding": "chunked"}))

    async def piece(self, data: bytes) -> None:
        await self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def end_events(self) -> None:
        await self.send(b"0\r\n\r\n")

    async def until_left(self) -> None:
        """Wait until the other side has gone."""
        with contextlib.suppress(ConnectionError):
            while await self._reader.read(1024):
                pass

    def cut(self) -> None:
        self._writer.transport.abort()


Behaviour = Callable[[Seen, Wire], Awaitable[None]]


@dataclass
class StubProvider:
    """Answers chats by repeating the last message, unless a behaviour is queued."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    queued: deque[Behaviour] = field(default_factory=deque)
    always: Behaviour | None = None
    connections: int = 0
    left: threading.Event = field(default_factory=threading.Event)
    """Set when a caller has gone before its answer was whole."""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def queue(self, *behaviours: Behaviour) -> None:
        self.queued.extend(behaviours)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (seen := await _read(reader)) is not None:
                self.seen.append(seen)
                behave = self.queued.popleft() if self.queued else self.always or usual
                await behave(seen, Wire(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@contextlib.contextmanager
def running() -> Iterator[StubProvider]:
    """Run a stub in a thread of its own."""
    stub = StubProvider()
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def run() -> None:
        server = await asyncio.start_server(stub.serve, "127.0.0.1", 0)
        stub.port = server.sockets[0].getsockname()[1]
        ready.set()
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    task = loop.create_task(run())

    def work() -> None:
        asyncio.set_event_loop(loop)
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        others = asyncio.all_tasks(loop)
        for other in others:
            other.cancel()
        loop.run_until_complete(asyncio.gather(*others, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=work, name="stub-provider")
    thread.start()
    assert ready.wait(WAIT_S)
    try:
        yield stub
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(WAIT_S)


async def usual(seen: Seen, wire: Wire) -> None:
    """What a provider in good health does."""
    if seen.path.endswith("/models"):
        await wire.answer(200, _json(MODELS), "application/json")
    elif not seen.path.endswith("/chat/completions"):
        await wire.answer(200, seen.body, seen.headers.get("content-type", ""))
    elif seen.json.get("stream"):
        await says_events(*chunks(seen.json))(seen, wire)
    else:
        await says(completion(_last(seen.json)))(seen, wire)


def says(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Answer JSON."""

    async def behave(_seen: Seen, wire: Wire) -> None:
        await wire.answer(status, _json(body), "application/json", headers)

    return behave


def says_text(text: str) -> Behaviour:
    """Answer a chat with this text."""
    return says(completion(text))


def refuses(
    status: int,
    code: str | None = None,
    parameter: str | None = None,
    message: str = "secret words of the provider",
    headers: Mapping[str, str] | None = None,
) -> Behaviour:
    """Answer an error in OpenAI's shape."""
    error = {"message": message, "type": "some_error", "param": parameter, "code": code}
    return says({"error": error}, status, headers)


def says_html(status: int = 200) -> Behaviour:
    """Answer a page, as proxies do."""

    async def behave(_seen: Seen, wire: Wire) -> None:
        await wire.answer(status, b"<html>secret page</html>", "text/html")

    return behave


def says_events(*pieces: bytes) -> Behaviour:
    """Answer these pieces as a stream, each in its own packet as far as the system lets it."""

    async def behave(_seen: Seen, wire: Wire) -> None:
        await wire.begin_events()
        for piece in pieces:
            await wire.piece(piece)
        await wire.end_events()

    return behave


def breaks_off(*pieces: bytes) -> Behaviour:
    """Send these pieces, then cut the connection."""

    async def behave(_seen: Seen, wire: Wire) -> None:
        await wire.begin_events()
        for piece in pieces:
            await wire.piece(piece)
        wire.cut()

    return behave


def hangs(stub: StubProvider, *pieces: bytes) -> Behaviour:
    """Send these pieces, then nothing; note when the caller leaves."""

    async def behave(_seen: Seen, wire: Wire) -> None:
        if pieces:
            await wire.begin_events()
        for piece in pieces:
            await wire.piece(piece)
        await wire.until_left()
        stub.left.set()

    return behave


def waits_for(release: threading.Event, then: Behaviour) -> Behaviour:
    """Hold the answer back until an event is set."""

    async def behave(seen: Seen, wire: Wire) -> None:
        await asyncio.to_thread(release.wait, WAIT_S)
        await then(seen, wire)

    return behave


async def pass_by(_seen: Seen, _wire: Wire) -> None:
    """Do nothing."""


async def closes(_seen: Seen, wire: Wire) -> None:
    """Cut the connection without a word."""
    wire.cut()


def completion(text: str, **changes: Any) -> dict[str, Any]:
    """A ``chat.completion`` object."""
    return {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": 1,
        "model": "stub-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
        **changes,
    }


def chunk(delta: Mapping[str, Any], reason: str | None = None, **changes: Any) -> bytes:
    """One event of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    body = {
        "id": "chatcmpl-stub",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "stub-1",
        "choices": [choice],
        "usage": None,
        **changes,
    }
    return event(body)


def event(body: object) -> bytes:
    return b"data: " + _json(body) + b"\n\n"


def chunks(body: Mapping[str, Any]) -> list[bytes]:
    """The events that repeat a request's last message, word by word."""
    words = _last(body).replace(" ", " \0").split("\0")
    found = [chunk({"role": "assistant", "content": ""})]
    found += [chunk({"content": word}) for word in words]
    found.append(chunk({}, "stop"))
    if (body.get("stream_options") or {}).get("include_usage"):
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        found.append(chunk({}, choices=[], usage=usage))
    return [*found, b"data: [DONE]\n\n"]


def _last(body: Mapping[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else content[0]["text"]


def _json(body: object) -> bytes:
    return json.dumps(body).encode("ascii")


def _head(status: int, content_type: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _read(reader: asyncio.StreamReader) -> Seen | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, path, headers, body)
