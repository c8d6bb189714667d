"""A real server on a real socket: what only the wire shows."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
import uvicorn
from fastapi import FastAPI

from build import ANA, MAX_IMAGE_BYTES, MemoryParts, draw
from faceplate.http.bodies import longest_body_bytes


@pytest.fixture
def port(app: FastAPI) -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http="httptools", loop="uvloop", log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    ready = threading.Event()
    started = server.startup

    async def startup(sockets: list[socket.socket] | None = None) -> None:
        await started(sockets)
        ready.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    assert ready.wait(10)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
    listening.close()


@pytest.fixture
def secret(parts: MemoryParts) -> str:
    return parts.application.keys.create("tests")[1]


def raw(port: int, request: bytes) -> bytes:
    """Send bytes as they are and return all that comes back until the server closes."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as connection:
        connection.sendall(request)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
        return received


def test_one_connection_serves_many_requests(port: int, secret: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with closing(connection):
        sockets = set()
        for method, target, body, status in (
            ("PUT", "/v1/index/a.png", draw(ANA), 201),
            ("POST", "/v1/search", draw(ANA), 200),
            ("GET", "/v1/images/a.png", None, 200),
            ("HEAD", "/v1/images/a.png", None, 200),
            ("GET", "/nothing", None, 404),
            ("GET", "/v1/health", None, 200),
        ):
            connection.request(method, target, body, {"x-api-key": secret})
            answer = connection.getresponse()
            content = answer.read()
            assert answer.status == status
            if method == "HEAD":
                assert content == b""
                assert int(answer.headers["content-length"]) == len(draw(ANA))
            sockets.add(connection.sock)
        assert len(sockets) == 1


def test_a_chunked_body_is_put_together(port: int, secret: str) -> None:
    picture = draw(ANA)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with closing(connection):
        pieces = (picture[start : start + 97] for start in range(0, len(picture), 97))
        connection.request("POST", "/v1/detect", pieces, {"x-api-key": secret}, encode_chunked=True)
        answer = connection.getresponse()
        assert (answer.status, len(json.load(answer)["FaceDetails"])) == (200, 1)


@pytest.mark.parametrize("chunked", [True, False])
def test_an_oversize_body_gets_its_413_and_the_connection_lives(
    port: int, secret: str, *, chunked: bool
) -> None:
    large = b"\xff\xd8\xff" + bytes(longest_body_bytes(MAX_IMAGE_BYTES) * 3)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with closing(connection):
        body = (large[start : start + 65_536] for start in range(0, len(large), 65_536))
        headers = {"x-api-key": secret}
        if chunked:
            connection.request("POST", "/v1/detect", body, headers, encode_chunked=True)
        else:
            connection.request("POST", "/v1/detect", large, headers)
        answer = connection.getresponse()
        assert (answer.status, json.load(answer)["code"]) == (413, "image_too_large")
        assert answer.headers["access-control-allow-origin"] == "*"
        connection.request("GET", "/v1/health")
        assert connection.getresponse().read()


def test_expect_continue_is_refused_before_a_byte_is_sent(port: int, secret: str) -> None:
    head = (
        f"POST /v1/detect HTTP/1.1\r\nhost: x\r\nx-api-key: {secret}\r\n"
        "content-length: 999999999\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n"
    )
    answer = raw(port, head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_client_that_hangs_up_leaves_the_server_well(port: int, secret: str) -> None:
    head = f"PUT /v1/index/a.png HTTP/1.1\r\nhost: x\r\nx-api-key: {secret}\r\n"
    for tail in (
        "content-length: 5000\r\n\r\nhalf",
        "transfer-encoding: chunked\r\n\r\n10\r\nhalf",
    ):
        with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as connection:
            connection.sendall((head + tail).encode())
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with closing(connection):
        connection.request("GET", "/v1/images", headers={"x-api-key": secret})
        assert json.load(connection.getresponse())["images"] == []


@pytest.mark.parametrize(
    "line",
    [
        b"GET /v1/images/%FF HTTP/1.1",
        b"GET /v1/images/\xff HTTP/1.1",
        b"GET /v1/images/%zz HTTP/1.1",
        b"GET /v1/images?limit=%FF HTTP/1.1",
        b"GET /v1/images/%00%0d%0aset-cookie:%20a=b HTTP/1.1",
        b"GET /v1/images/../../etc/passwd HTTP/1.1",
        b"GET //v1//images HTTP/1.1",
        b"GET http://other.example/v1/images/none HTTP/1.1",
        b"GET /v1/images/" + b"a" * 20_000 + b" HTTP/1.1",
        b"GARBAGE",
    ],
)
def test_a_hostile_request_line_gets_a_client_error(port: int, secret: str, line: bytes) -> None:
    rest = f"\r\nhost: x\r\nx-api-key: {secret}\r\nconnection: close\r\n\r\n"
    answer = raw(port, line + rest.encode())
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 "))
    assert b"set-cookie" not in answer.split(b"\r\n\r\n")[0].lower()


def test_metadata_and_names_cannot_break_out_of_their_headers(port: int, secret: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with closing(connection):
        target = "/v1/index/a%0D%0Aset-cookie:x=1%22;%20filename=%22evil.html"
        headers = {"x-api-key": secret, "x-amz-meta-note": "caf\xe9 ok"}
        connection.request("PUT", target, draw(ANA), headers)
        assert json.load(connection.getresponse())["change"] == "new"
        connection.request("GET", target.replace("index", "images"), headers=headers)
        answer = connection.getresponse()
        assert answer.read() == draw(ANA)
        assert answer.headers["set-cookie"] is None
        assert answer.headers["content-disposition"].count('"') == 2
        assert answer.headers["x-amz-meta-note"].startswith("=?UTF-8?B?")
