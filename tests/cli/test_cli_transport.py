"""Both ways to the API carry the same request and the same answer."""

import asyncio
import json
import socket

import pytest

from faceplate.cli.api import Api, encode_id, encode_key, metadata_headers
from faceplate.cli.in_process import InProcessTransport
from faceplate.cli.remote import RemoteTransport
from faceplate.domain.errors import (
    FaceplateError,
    InvalidParameter,
    Misconfigured,
    NotFound,
    UpstreamFailed,
)


class Echo:
    """An ASGI application that answers with what it was asked, and remembers its life."""

    def __init__(self, *, lifespan=True):
        self.events = []
        self.lifespan = lifespan

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            if not self.lifespan:
                return
            for kind in ("startup", "shutdown"):
                assert (await receive())["type"] == f"lifespan.{kind}"
                self.events.append(kind)
                scope["state"]["pool"] = "open"
                await send({"type": f"lifespan.{kind}.complete"})
            return
        body = (await receive())["body"]
        heard = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "headers": {name.decode(): value.decode() for name, value in scope["headers"]},
            "body": body.decode(),
            "state": scope["state"],
        }
        status = int(heard["headers"].get("x-status", "200"))
        if scope["path"] == "/silent":
            return
        if scope["path"] == "/broken":
            raise RuntimeError("before the answer")
        content = json.dumps(heard).encode()
        start = {"type": "http.response.start", "status": status, "headers": [(b"X-A", b"1")]}
        await send(start)
        await send({"type": "http.response.body", "body": content[:10], "more_body": True})
        await send({"type": "http.response.body", "body": content[10:]})
        if scope["path"] == "/late":
            raise RuntimeError("after the answer")
        self.events.append((await receive())["type"])


def use(app, action, **how):
    async def go():
        transport = InProcessTransport(app, secret="s3cret", concurrency=2, **how)
        try:
            return await action(Api(transport))
        finally:
            await transport.close()

    return asyncio.run(go())


def test_request_arrives_whole():
    closed = []
    app = Echo()
    heard = use(
        app,
        lambda api: api.send_picture(
            "PUT",
            f"/v1/index/{encode_key('a b/é.jpg')}",
            b"bytes",
            metadata={"Who": "Zoë"},
            query={"person": "A&B", "max_faces": None, "all": True},
        ),
        on_close=lambda: closed.append(True),
    )
    assert heard["method"] == "PUT"
    assert heard["path"] == "/v1/index/a b/é.jpg"
    assert heard["query"] == "person=A%26B&all=true"
    assert heard["body"] == "bytes"
    assert heard["headers"]["x-api-key"] == "s3cret"
    assert heard["headers"]["x-amz-meta-who"] == "Zoë"
    assert heard["headers"]["content-length"] == "5"
    assert heard["state"] == {"pool": "open"}
    assert app.events == ["startup", "http.disconnect", "shutdown"]
    assert closed == [True]


def test_an_application_without_lifespan():
    assert use(Echo(lifespan=False), lambda api: api.get("/v1/x"))["path"] == "/v1/x"


def test_an_error_after_the_answer_is_for_the_log():
    assert use(Echo(), lambda api: api.get("/late"))["path"] == "/late"


def test_an_error_before_the_answer_is_raised():
    with pytest.raises(RuntimeError):
        use(Echo(), lambda api: api.get("/broken"))


def test_no_answer():
    with pytest.raises(FaceplateError):
        use(Echo(), lambda api: api.get("/silent"))


def test_a_problem_is_an_error():
    with pytest.raises(NotFound):
        use(Echo(), lambda api: api.send("GET", "/x", headers={"x-status": "404"}))


def test_an_answer_that_is_not_json():
    async def html(scope, _receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"<html>"})

    with pytest.raises(UpstreamFailed):
        use(html, lambda api: api.get("/"))


def test_failed_start_is_an_error():
    async def failing(_scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no"})

    with pytest.raises(FaceplateError):
        use(failing, lambda api: api.get("/"))


def test_one_picture_more_than_is_worked_on():
    assert InProcessTransport(Echo(), secret="s", concurrency=2).concurrency == 3


def test_pages_are_followed():
    async def pages(scope, _receive, send):
        if scope["type"] == "lifespan":
            return
        second = b"next_token=two" in scope["query_string"]
        page = {"images": [3] if second else [1, 2], "next_token": None if second else "two"}
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(page).encode()})

    async def collect(api):
        return [item async for item in api.pages("/v1/images", "images")]

    assert use(pages, collect) == [1, 2, 3]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a/b.jpg", "a/b.jpg"),
        ("a b?#%.jpg", "a%20b%3F%23%25.jpg"),
        ("../x", "%2E%2E/x"),
        ("./.", "%2E/%2E"),
        ("...", "..."),
    ],
)
def test_keys_survive_as_paths(key, path):
    assert encode_key(key) == path


def test_ids_are_one_segment():
    assert encode_id("a/b") == "a%2Fb"


def test_a_file_name_that_is_not_unicode_is_refused():
    with pytest.raises(InvalidParameter) as caught:
        encode_key("\udcff.jpg")
    assert caught.value.code == "image_key_invalid"


@pytest.mark.parametrize("metadata", [{"a b": "x"}, {"é": "x"}, {"": "x"}, {"a": "x\r\nevil: y"}])
def test_metadata_that_cannot_be_a_header(metadata):
    with pytest.raises(InvalidParameter):
        metadata_headers(metadata)


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:8000", "http://"])
def test_addresses_must_be_http(url):
    with pytest.raises(Misconfigured):
        RemoteTransport(url, secret=None, concurrency=1)


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    async def go():
        transport = RemoteTransport(f"http://127.0.0.1:{port}", secret="k", concurrency=1)
        try:
            await Api(transport).get("/v1/info")
        finally:
            await transport.close()

    with pytest.raises(UpstreamFailed) as caught:
        asyncio.run(go())
    assert caught.value.code == "server_unreachable"
