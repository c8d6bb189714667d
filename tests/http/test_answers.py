"""What an answer may hold, and what else a server may ask of the app."""

import asyncio
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI

from asgi_client import Client, make_scope
from faceplate.http import metrics
from faceplate.http.answers import disposition, encode, encode_words, metadata_headers
from faceplate.http.metadata import decode_value


def test_numbers_of_numpy_and_times_are_plain_json() -> None:
    body = {"n": np.float32(0.5), "i": np.int64(7), "at": datetime(2030, 1, 1, tzinfo=UTC)}
    assert json.loads(encode(body)) == {"n": 0.5, "i": 7, "at": "2030-01-01T00:00:00Z"}
    assert json.loads(encode({"d": date(2030, 1, 2)})) == {"d": "2030-01-02"}


def test_lone_surrogates_become_escapes() -> None:
    assert json.loads(encode({"k": "a\ud800"})) == {"k": "a\ud800"}


def test_what_is_no_value_is_our_mistake() -> None:
    with pytest.raises(TypeError):
        encode({"k": object()})


@pytest.mark.parametrize("text", ["é" * 300, "🙂" * 100, "a\r\nb", " led", "=?x?="])
def test_words_survive_the_way_through_a_header(text: str) -> None:
    words = encode_words(text)
    assert words.isascii()
    assert max(map(len, words.split(" "))) <= 75
    assert decode_value(words.encode()) == text
    assert metadata_headers({"a": text}) == {"x-amz-meta-a": words}


@pytest.mark.parametrize(
    ("key", "plain"),
    [("a/b.png", "b.png"), ("a/", "a_"), ('x"\\;.png', "x___.png"), ("é.png", "_.png")],
)
def test_a_download_has_a_plain_and_an_exact_name(key: str, plain: str) -> None:
    header = disposition(key)
    assert f'filename="{plain}"' in header
    assert "filename*=UTF-8''" in header


def test_memory_is_told_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert metrics.resident_memory_bytes() > 1_000_000


def test_a_websocket_is_closed(app: FastAPI) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    scope = make_scope("GET", "/v1/health", [])
    asyncio.run(app({**scope, "type": "websocket", "subprotocols": []}, receive, send))
    assert sent == ["websocket.close"]


def test_a_request_the_server_gives_up_on_is_counted(client: Client, app: FastAPI) -> None:
    async def give_up() -> None:
        reading = asyncio.Event()

        async def never() -> dict[str, object]:
            reading.set()
            await asyncio.Event().wait()
            return {}

        headers = [(b"x-api-key", str(client.secret).encode())]
        scope = make_scope("POST", "/v1/detect", headers)

        async def send(_message: object) -> None:
            return None

        task = asyncio.create_task(app(scope, never, send))
        await reading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    line = 'faceplate_requests_total{route="/v1/detect",method="POST",status="499"} 1'
    assert line in client.get("/metrics").body.decode()
