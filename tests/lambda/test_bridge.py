"""The whole app behind the bridge: the same answers as from the server, in time and in bounds."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import stub_provider
from build import ANA, MAX_IMAGE_BYTES, MemoryParts, build_memory_application, draw
from faceplate.entrypoints.bridge import Bridge
from faceplate.entrypoints.gateway_events import NotAGatewayEvent
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from faceplate.http.text_app import TextApp
from gateway_events import SNS_EVENT, Context, gateway_event
from text_build import openai_chat, text_parts

OPTIONS = HttpOptions(max_image_bytes=MAX_IMAGE_BYTES, worker_threads=1, mode="aws", gateway=True)
Ask = Callable[..., dict[str, Any]]


async def nothing() -> None:
    """Begin nothing."""


@pytest.fixture
def stub() -> Iterator[stub_provider.StubProvider]:
    with stub_provider.running() as running:
        yield running


def build(stub: stub_provider.StubProvider) -> MemoryParts:
    return build_memory_application(text=text_parts(openai_chat(stub.base_url)))


@pytest.fixture
def ask(stub: stub_provider.StubProvider) -> Iterator[Ask]:
    parts = build(stub)
    yield from asking(parts, create_app(parts.application, OPTIONS))


@pytest.fixture
def parts(stub: stub_provider.StubProvider) -> MemoryParts:
    """What is under the lean app."""
    return build(stub)


@pytest.fixture
def ask_text(parts: MemoryParts) -> Iterator[Ask]:
    yield from asking(parts, TextApp(parts.application, OPTIONS))


def asking(parts: MemoryParts, app: Any) -> Iterator[Ask]:
    text = parts.application.text
    bridge = Bridge(app, begin=text.begin, settle=text.write_books)

    def ask(event: Any, **context: Any) -> dict[str, Any]:
        return bridge(event, Context(**context))

    yield ask
    bridge.close(text.end)


def code_of(answer: dict[str, Any]) -> str:
    assert answer["multiValueHeaders"]["content-type"] == ["application/problem+json"]
    assert answer["multiValueHeaders"]["access-control-allow-origin"] == ["*"]
    return str(json.loads(answer["body"])["code"])


def test_a_picture_is_indexed_and_found_through_the_gateway(ask: Ask) -> None:
    put = gateway_event(
        "PUT",
        "/v1/index/a%20b.png",
        body=draw(ANA),
        headers={"X-Amz-Meta-Name": ["Ana"], "Content-Type": ["image/png"]},
    )
    indexed = ask(put)
    assert indexed["statusCode"] == 201, indexed
    assert json.loads(indexed["body"])["key"] == "a b.png"
    found = ask(gateway_event("POST", "/v1/search", body=draw(ANA)))
    assert json.loads(found["body"])["matchedFaces"] == ["a b.png"]
    original = ask(gateway_event("GET", "/v1/images/a%20b.png"))
    assert original["isBase64Encoded"]
    assert original["multiValueHeaders"]["x-amz-meta-name"] == ["Ana"]


def test_the_key_of_the_gateway_is_who_asks(ask: Ask) -> None:
    assert ask(gateway_event("GET", "/v1/faces"))["statusCode"] == 200
    assert code_of(ask(gateway_event("GET", "/v1/faces", key_id=None))) == "unauthenticated"


def test_an_event_with_no_key_header_is_refused_on_hot_routes_too(ask_text: Ask) -> None:
    event = gateway_event("POST", "/v1/examples/mood", body="{}", key_id=None)
    assert code_of(ask_text(event)) == "unauthenticated"


@pytest.mark.parametrize("size", [6_000_000, 10_000_000])
def test_bodies_past_the_limit_are_413_with_a_reason(ask: Ask, size: int) -> None:
    answer = ask(gateway_event("PUT", "/v1/index/big.jpg", body=b"\xff\xd8\xff" + b"\0" * size))
    assert answer["statusCode"] == 413
    assert code_of(answer) in {"image_too_large", "body_too_large"}


def test_events_of_others_fail_the_invocation(ask: Ask) -> None:
    with pytest.raises(NotAGatewayEvent):
        ask(SNS_EVENT)


def test_a_broken_event_of_the_gateway_is_a_clear_400(ask: Ask) -> None:
    answer = ask({**gateway_event("POST", "/v1/search"), "body": "%", "isBase64Encoded": True})
    assert answer["statusCode"] == 400
    assert code_of(answer) == "event_invalid"


def test_an_answer_too_late_is_504_before_the_function_is_killed(
    ask_text: Ask, stub: stub_provider.StubProvider
) -> None:
    stub.queue(stub_provider.hangs(stub))
    event = gateway_event("POST", "/v1/examples/mood", body='{"input_text": "hello"}')
    answer = ask_text(event, left_ms=1_300)
    assert answer["statusCode"] == 504
    assert code_of(answer) == "deadline_exceeded"
    assert stub.left.wait(stub_provider.WAIT_S)


def test_a_stream_cut_off_by_the_clock_is_no_answer(
    ask_text: Ask, stub: stub_provider.StubProvider
) -> None:
    body = {"model": "stub-1", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    stub.queue(stub_provider.hangs(stub, stub_provider.chunks(body)[0]))
    event = gateway_event("POST", "/v1/chat/completions", body=json.dumps(body))
    assert ask_text(event, left_ms=1_500)["statusCode"] == 504


def test_a_whole_stream_arrives_in_one_piece(ask_text: Ask) -> None:
    body = {"model": "stub-1", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    answer = ask_text(gateway_event("POST", "/v1/chat/completions", body=json.dumps(body)))
    assert answer["statusCode"] == 200
    assert answer["body"].rstrip().endswith("data: [DONE]")
    assert not answer["isBase64Encoded"]


def test_usage_is_written_before_the_function_is_frozen(ask_text: Ask, parts: MemoryParts) -> None:
    event = gateway_event("POST", "/v1/examples/mood", body='{"input_text": "hello"}')
    assert ask_text(event)["statusCode"] == 200
    meter = parts.application.text.meter
    rows = meter._usage.read(first=meter.today(), last=meter.today(), key_id="a1b2c3")
    assert [(row.app, row.requests) for row in rows] == [("mood", 1)]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/examples", None),
        ("GET", "/v1/examples/mood", None),
        ("GET", "/v1/examples/nobody", None),
        ("GET", "/v1/usage", None),
        ("GET", "/v1/models", None),
        ("GET", "/v1/models/mood", None),
        ("OPTIONS", "/v1/examples/mood", None),
        ("GET", "/v1/nowhere", None),
        ("DELETE", "/v1/examples/mood", None),
        ("POST", "/v1/examples/mood", '{"input_text": "hello"}'),
        ("POST", "/v1/examples/mood", '{"unknown": 1}'),
        ("POST", "/v1/examples/mood", "{"),
        ("POST", "/v1/embeddings", '{"model": "stub-1", "input": "a"}'),
        ("POST", "/v1/passthrough", '{"model": "stub-1", "messages": []}'),
        ("POST", "/v1/chat/completions", '{"model": "mood", "messages": []}'),
    ],
)
def test_the_lean_app_answers_as_the_whole_one(
    ask: Ask, ask_text: Ask, method: str, path: str, body: str | None
) -> None:
    headers = {"X-Request-Id": ["same"], "Content-Type": ["application/json"]}
    event = gateway_event(method, path, body=body, headers=headers)
    whole, lean = plain(ask(event)), plain(ask_text(event))
    assert lean == whole


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out what differs between any two answers."""
    body = answer["body"]
    if answer["body"].startswith("{"):
        found = json.loads(answer["body"])
        for name in ("id", "created", "request_meta_data"):
            found.pop(name, None)
        body = json.dumps(found, sort_keys=True)
    headers = {k: v for k, v in answer["multiValueHeaders"].items() if k != "content-length"}
    return {**answer, "body": body, "multiValueHeaders": headers}


def test_an_answer_that_lambda_cannot_carry_is_said_so() -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"image/png"), (b"x-request-id", b"r1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"\0" * 5_000_000})

    bridge = Bridge(app, begin=nothing, settle=lambda: None)
    answer = bridge(gateway_event(), Context())
    bridge.close(nothing)
    assert answer["statusCode"] == 500
    assert code_of(answer) == "answer_too_large"
    assert json.loads(answer["body"])["request_id"] == "r1"


def test_books_that_take_too_long_go_on_with_the_next_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})

    free, begun, ended = threading.Event(), [], []

    def settle() -> None:
        begun.append(len(begun))
        free.wait(30)
        ended.append(len(ended))

    bridge = Bridge(app, begin=nothing, settle=settle)
    caplog.set_level("ERROR", "faceplate.lambda")
    for _ in range(2):
        assert bridge(gateway_event(), Context(left_ms=400))["statusCode"] == 204
    assert (begun, ended) == ([0], [])
    assert [json.loads(one.message)["type"] for one in caplog.records] == ["TimeoutError"] * 2
    free.set()
    assert bridge(gateway_event(), Context())["statusCode"] == 204
    assert ended == [0, 1]
    bridge.close(nothing)


def test_two_requests_share_one_loop() -> None:
    loops = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        loops.append(asyncio.get_running_loop())
        await send({"type": "http.response.start", "status": 204, "headers": []})

    bridge = Bridge(app, begin=nothing, settle=lambda: None)
    for _ in range(2):
        assert bridge(gateway_event(), Context())["statusCode"] == 204
    bridge.close(nothing)
    assert loops[0] is loops[1]
