"""A provider that answers at once: what is left of a gateway's time is the gateway's own.

    python benchmarks/gateway/stub.py PORT

Streams have as many events as `STREAM_EVENTS`, or `SHORT_EVENTS` when a seed is given.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

import uvloop

STREAM_EVENTS = 2_000
SHORT_EVENTS = 5

_ANSWER = json.dumps(
    {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": 1,
        "model": "stub-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "She did not go to the market."},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 40, "completion_tokens": 8, "total_tokens": 48},
    }
).encode()


def _head(kind: str, rest: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n{rest}\r\n\r\n".encode()


def _chunk(body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def _event(delta: dict[str, str], reason: str | None = None) -> bytes:
    body = {
        "id": "chatcmpl-stub",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "stub-1",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"


_WHOLE = _head("application/json", f"content-length: {len(_ANSWER)}") + _ANSWER
_STREAM_HEAD = _head("text/event-stream", "transfer-encoding: chunked")
_WORD = _chunk(_event({"content": "word "}))
_STREAM_END = _chunk(_event({}, "stop")) + _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Stub(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as little of it as will do."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._data = b""
        self._may_write = asyncio.Event()
        self._may_write.set()

    def pause_writing(self) -> None:
        """Wait: the other side is slow."""
        self._may_write.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self._may_write.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let whoever waits go on."""
        del exc
        self._may_write.set()

    def data_received(self, data: bytes) -> None:
        """Take what came in."""
        self._data += data
        while True:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._data[:end].lower()
            length = 0
            place = head.find(b"content-length:")
            if place >= 0:
                length = int(head[place + 15 :].split(b"\r\n", 1)[0])
            if len(self._data) < end + 4 + length:
                return
            body = self._data[end + 4 : end + 4 + length]
            self._data = self._data[end + 4 + length :]
            if b'"stream":true' in body or b'"stream": true' in body:
                events = SHORT_EVENTS if b'"seed"' in body else STREAM_EVENTS
                self._task = asyncio.get_running_loop().create_task(self._stream(events))
            else:
                self._transport.write(_WHOLE)

    async def _stream(self, events: int) -> None:
        self._transport.write(_STREAM_HEAD)
        for place in range(events):
            if self._transport.is_closing():
                return
            self._transport.write(_WORD)
            if place % 64 == 63:
                await asyncio.sleep(0)
                await self._may_write.wait()
        self._transport.write(_STREAM_END)


async def main(port: int) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
