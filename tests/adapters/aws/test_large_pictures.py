"""Pictures that a function cannot answer with: the bucket gives them, and no key goes along."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Any

import pytest

from build import ANA, draw
from faceplate.bootstrap.aws import AwsParts
from faceplate.cli.remote import RemoteTransport
from faceplate.cli.transport import Answer
from faceplate.entrypoints.bridge import Bridge
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from faceplate.http.routes import images as routes
from faceplate.services.application import Application
from gateway_events import Context, gateway_event
from live_server import serving

METADATA = {"n": "1"}


@pytest.fixture
def picture(aws_application: Application, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """One that is too large for the gateway."""
    data = draw(ANA)
    aws_application.faces.index("Zoë 1.png", data, metadata=METADATA)
    monkeypatch.setattr(routes, "MAX_GATEWAY_PICTURE_BYTES", len(data) - 1)
    return data


def ask(application: Application, *, gateway: bool = True, **headers: list[str]) -> dict[str, Any]:
    options = HttpOptions(max_image_bytes=1_000_000, worker_threads=1, mode="aws", gateway=gateway)
    text = application.text
    bridge = Bridge(create_app(application, options), begin=text.begin, settle=text.write_books)
    event = gateway_event("GET", "/v1/images/Zoë 1.png", headers=headers)
    answer = bridge(event, Context())
    bridge.close(text.end)
    return answer


def header(answer: dict[str, Any], name: str) -> str:
    (value,) = answer["multiValueHeaders"][name]
    return str(value)


def fetch(url: str, target: str) -> Answer:
    async def get() -> Answer:
        transport = RemoteTransport(url, secret="the key", concurrency=1)
        try:
            return await transport.send("GET", target, {}, b"")
        finally:
            await transport.close()

    return asyncio.run(get())


def test_the_gateway_sends_to_the_bucket(
    aws_application: Application, aws_parts: AwsParts, picture: bytes
) -> None:
    answer = ask(aws_application)
    assert (answer["statusCode"], answer["body"]) == (307, "")
    assert "no-store" in header(answer, "cache-control")
    address = header(answer, "location")
    assert address.startswith(aws_parts.clients.s3.meta.endpoint_url)
    assert "Expires=300" in address
    url, target = re.fullmatch(r"(http://[^/]+)(/.*)", address).groups()  # type: ignore[union-attr]
    found = fetch(url, target)
    assert found.body == picture
    assert found.headers["content-type"] == "image/png"
    assert found.headers["content-disposition"].startswith("inline; filename=")
    known = ask(aws_application, **{"if-none-match": [f'"{hashlib.sha256(picture).hexdigest()}"']})
    assert known["statusCode"] == 304


def test_smaller_ones_and_those_of_a_server_come_from_here(
    aws_application: Application, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(aws_application, gateway=False)["statusCode"] == 200
    monkeypatch.setattr(routes, "MAX_GATEWAY_PICTURE_BYTES", len(picture))
    answer = ask(aws_application)
    assert answer["statusCode"] == 200
    assert header(answer, "x-amz-meta-n") == "1"


def test_the_command_line_follows_without_its_key() -> None:
    heard: list[tuple[str, dict[bytes, bytes]]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                kind = (await receive())["type"]
                await send({"type": f"{kind}.complete"})
                if kind == "lifespan.shutdown":
                    return
        heard.append((scope["path"], dict(scope["headers"])))
        status, headers = 200, []
        if scope["path"] == "/picture":
            host = dict(scope["headers"])[b"host"]
            status, headers = 307, [(b"location", b"http://" + host + b"/bucket/a%20b?X=1%2F2")]
        if scope["path"] == "/nowhere":
            status = 307
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": scope["query_string"]})

    with serving(app) as url:  # type: ignore[arg-type]
        found = fetch(url, "/picture")
        with pytest.raises(Exception, match="No server answers"):
            fetch(url, "/nowhere")
    assert (found.status, found.body) == (200, b"X=1%2F2")
    assert [path for path, _ in heard] == ["/picture", "/bucket/a b", "/nowhere"]
    assert heard[0][1][b"x-api-key"] == b"the key"
    assert b"x-api-key" not in heard[1][1]
