"""API Gateway's events become requests, and answers what it expects."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from faceplate.entrypoints.gateway_events import (
    MAX_ANSWER_BYTES,
    NotAGatewayEvent,
    read_event,
    write_answer,
)
from gateway_events import S3_TEST_EVENT, SNS_EVENT, SQS_EVENT, gateway_event, s3_record

KEYS = [
    "a.jpg",
    "a b.jpg",
    "a+b.jpg",
    "straße/ü.jpg",
    "a%2Fb.jpg",
    "100%.jpg",
    "a?b#c.jpg",
    "日本.png",
]


def encoded(key: str) -> str:

    return "/v1/images/" + quote(key)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("base_path", ["", "/faces", "/a/b"])
@pytest.mark.parametrize("resource", ["/{proxy+}", "/v1/images/{proxy+}"])
def test_a_path_reaches_its_route_behind_a_stage_or_a_base_path(
    key: str, base_path: str, resource: str
) -> None:
    event = gateway_event(path=encoded(key), base_path=base_path, resource=resource)
    scope = read_event(event).scope
    assert scope["root_path"] == (base_path or "/v1stage")
    assert scope["path"] == scope["root_path"] + f"/v1/images/{key}"
    assert scope["raw_path"].decode() == base_path + encoded(key)


def test_routes_and_addresses_are_those_clients_see() -> None:
    async def show(request: Request) -> JSONResponse:
        return JSONResponse({"name": request.path_params["name"], "url": str(request.url)})

    app = Starlette(routes=[Route("/v1/things/{name}", show)])
    scope = read_event(gateway_event(path="/v1/things/one")).scope
    client = TestClient(app, root_path=scope["root_path"])
    assert client.get(scope["path"]).json() == {
        "name": "one",
        "url": "http://testserver/v1stage/v1/things/one",
    }


def test_a_path_that_is_the_resource_keeps_the_stage_outside() -> None:
    scope = read_event(gateway_event(path="/v1/search", resource="/v1/search")).scope
    assert (scope["root_path"], scope["path"]) == ("/v1stage", "/v1stage/v1/search")


def test_a_request_has_the_gateways_id_unless_its_caller_gave_it_one() -> None:
    def first(event: dict[str, Any]) -> bytes:
        found = read_event(event).scope["headers"]
        return next(value for name, value in found if name == b"x-request-id")

    event = gateway_event()
    assert first(event) == event["requestContext"]["requestId"].encode()
    assert first(gateway_event(headers={"X-Request-Id": ["mine"]})) == b"mine"
    event["requestContext"]["requestId"] = None
    assert b"x-request-id" not in dict(read_event(event).scope["headers"])


def test_headers_and_query_that_come_twice_stay_two() -> None:
    event = gateway_event(
        headers={"X-Amz-Meta-Who": ["Ana", "Ben"], "Accept": ["*/*"]},
        query={"tag": ["a b", "ü&="], "empty": [""]},
    )
    scope = read_event(event).scope
    assert [value for name, value in scope["headers"] if name == b"x-amz-meta-who"] == [
        b"Ana",
        b"Ben",
    ]
    pairs = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
    assert pairs == [("tag", "a b"), ("tag", "ü&="), ("empty", "")]


def test_single_values_are_enough() -> None:
    event = gateway_event(query={"limit": ["5"]})
    event["multiValueHeaders"] = event["multiValueQueryStringParameters"] = None
    scope = read_event(event).scope
    assert scope["query_string"] == b"limit=5"
    assert (b"host", b"abc.execute-api.eu-west-1.amazonaws.com") in scope["headers"]


def test_bodies_arrive_byte_for_byte() -> None:
    picture = bytes(range(256)) * 40
    assert read_event(gateway_event("PUT", body=picture)).body == picture
    assert read_event(gateway_event("POST", body='{"a":"ü"}')).body == '{"a":"ü"}'.encode()
    assert read_event(gateway_event("POST")).body == b""


def test_the_key_that_the_gateway_checked_is_known() -> None:
    assert read_event(gateway_event()).key_id == "a1b2c3"
    assert read_event(gateway_event(key_id=None)).key_id is None
    assert read_event(gateway_event(key_id="")).key_id is None


@pytest.mark.parametrize(
    "event",
    [None, [], "text", 7, {}, SNS_EVENT, SQS_EVENT, S3_TEST_EVENT, {"Records": [s3_record("a")]}],
)
def test_events_of_others_are_refused(event: Any) -> None:
    with pytest.raises(NotAGatewayEvent):
        read_event(event)


@pytest.mark.parametrize(
    "broken",
    [
        {"body": 7},
        {"body": "%%%", "isBase64Encoded": True},
        {"multiValueHeaders": ["a"]},
        {"multiValueQueryStringParameters": "a=b"},
        {"multiValueHeaders": None, "headers": [1]},
        {"pathParameters": "x"},
        {"path": None},
        {"requestContext": None},
        {"httpMethod": 1},
    ],
)
def test_broken_events_say_what_is_broken(broken: dict[str, Any]) -> None:
    with pytest.raises(NotAGatewayEvent, match=r"event"):
        read_event({**gateway_event(), **broken})


def test_text_goes_as_text_and_pictures_as_base64() -> None:
    answer = write_answer(200, [(b"content-type", b"application/json")], '{"a":"ü"}'.encode())
    assert answer == {
        "statusCode": 200,
        "multiValueHeaders": {"content-type": ["application/json"]},
        "body": '{"a":"ü"}',
        "isBase64Encoded": False,
    }
    picture = write_answer(200, [(b"content-type", b"image/jpeg")], b"\xff\xd8\xff")
    assert picture is not None
    assert (picture["isBase64Encoded"], picture["body"]) == (True, "/9j/")
    broken = write_answer(200, [(b"content-type", b"text/plain")], b"\xff")
    assert broken is not None
    assert base64.b64decode(broken["body"]) == b"\xff"


def test_an_answer_without_a_body_and_with_two_cookies() -> None:
    answer = write_answer(204, [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")], b"")
    assert answer is not None
    assert answer["multiValueHeaders"]["set-cookie"] == ["a=1", "b=2"]
    assert (answer["body"], answer["isBase64Encoded"]) == ("", False)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"image/png", b"\x00" * 4_800_000),
        (b"application/json", b'"' * 4_000_000),
        (b"text/plain", "ü".encode() * 1_200_000),
    ],
)
def test_an_answer_past_lambdas_limit_is_noticed(kind: bytes, body: bytes) -> None:
    assert write_answer(200, [(b"content-type", kind)], body) is None


def test_an_answer_within_the_limit_is_within_it_on_the_wire() -> None:
    answer = write_answer(200, [(b"content-type", b"text/plain")], b"a\n" * 1_900_000)
    assert len(json.dumps(answer)) <= MAX_ANSWER_BYTES
