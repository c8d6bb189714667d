"""One shape for every error, one status for every class."""

import gc
import json
import logging

import pytest
from fastapi import FastAPI

from asgi_client import PROBLEM, Client
from build import ANA, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.engine import MemoryEngine
from faceplate.domain import errors as domain
from faceplate.domain.errors import FaceplateError, every_error
from faceplate.http.app import create_app
from faceplate.http.codes import CODES
from faceplate.http.errors import STATUS, problem, status_of
from faceplate.http.options import HttpOptions


def test_every_class_of_error_has_its_own_status() -> None:
    assert set(STATUS) == set(every_error())


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaceplateError, 500),
        (domain.InvalidImage, 400),
        (domain.ImageTooLarge, 413),
        (domain.NoFaceFound, 422),
        (domain.Unauthenticated, 401),
        (domain.Forbidden, 403),
        (domain.NotFound, 404),
        (domain.Conflict, 409),
        (domain.Unsupported, 501),
        (domain.Busy, 503),
        (domain.RateLimited, 429),
        (domain.QuotaExceeded, 429),
        (domain.StorageFull, 507),
        (domain.UpstreamFailed, 502),
        (domain.ModelUnavailable, 500),
    ],
)
def test_statuses_stay_what_they_are(kind: type[FaceplateError], status: int) -> None:
    assert status_of(kind("x")) == status
    assert CODES[kind.default_code].error is kind


def test_a_class_unknown_to_the_table_takes_its_parents_status() -> None:
    class Special(domain.StorageFull):
        default_code = "special"

    try:
        assert status_of(Special("x")) == 507
    finally:
        del Special
        gc.collect()  # other tests look at every class there is


def test_the_shape_is_pinned(client: Client) -> None:
    answer = client.get("/v1/images/none.png", headers={"x-request-id": "abc-1"})
    assert answer.header("content-type") == PROBLEM
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no image with this key.",
        "code": "image_not_found",
        "request_id": "abc-1",
    }


def test_details_and_retry_after_come_along() -> None:
    error = domain.Busy("wait", retry_after_s=0.2, details={"a": 1})
    answer = problem(error, "r")
    assert answer.headers["retry-after"] == "1"
    assert json.loads(bytes(answer.body))["details"] == {"a": 1}
    later = problem(domain.RateLimited("wait", retry_after_s=2.1), "r")
    assert later.headers["retry-after"] == "3"


def test_a_detail_no_encoder_likes_is_still_answered() -> None:
    answer = problem(domain.NotFound("\ud800", details={"x": object()}), "r")
    assert json.loads(bytes(answer.body))["detail"] == "\ud800"


@pytest.mark.parametrize(
    "target", ["/nothing", "/v1", "/v1/", "/v1/faces/a/b/c", "//", "/V1/images", "/v1/images%3F"]
)
def test_no_such_route(client: Client, target: str) -> None:
    answer = client.get(target)
    assert (answer.status, answer.code) == (404, "route_not_found")


@pytest.mark.parametrize(
    ("target", "shape"),
    [
        ("/v1/chat/completions/", "openai"),
        ("/v1/completions", "openai"),
        ("/v1/fine_tuning/jobs", "openai"),
        ("/v1/fine-tunes", "openai"),
        ("/v1/responses/r", "openai"),
        ("/v1/chats", "ours"),
        ("/v1/uploads/u/parts/x", "ours"),
        ("/v2/chat/completions", "ours"),
    ],
)
def test_a_missing_route_answers_in_the_shape_of_its_place(
    client: Client, target: str, shape: str
) -> None:
    answer = client.call("PROPFIND", target)
    assert answer.status in {404, 405}
    assert ("error" in json.loads(answer.body)) == (shape == "openai")


def test_a_method_a_route_does_not_take_is_405_with_all_it_takes(client: Client) -> None:
    answer = client.call("DELETE", "/v1/search")
    assert (answer.status, answer.header("allow")) == (405, "OPTIONS, POST, PUT")
    answer = client.call("POST", "/v1/images")
    assert (answer.status, answer.header("allow")) == (405, "GET, HEAD, OPTIONS")
    for method in ("HEAD", "BREW", "PROPFIND"):
        assert client.call(method, "/v1/search").status == 405
    assert json.loads(client.call("BREW", "/v1/search").body)["code"] == "method_not_allowed"


def test_several_broken_parameters_are_all_named(client: Client) -> None:
    details = client.get("/v1/images?limit=0&collection_id=%20").json()["details"]
    assert {row["parameter"] for row in details["all"]} == {"limit", "collection_id"}
    assert details["parameter"] == details["all"][0]["parameter"]


@pytest.mark.parametrize(
    ("query", "named", "rule"),
    [
        ("min_similarty=80", "min_similarty", "unknown_parameter"),
        ("limit=1&limit=2", "limit", "given_twice"),
        ("%FF=1", "query", None),
        ("x" * 3000 + "=1", "x" * 64, "unknown_parameter"),
        ("all_faces=maybe", "all_faces", "bool_parsing"),
        ("quality_filter=SOME", "quality_filter", "enum"),
    ],
)
def test_a_query_parameter_that_is_wrong_is_named_with_its_rule(
    client: Client, query: str, named: str, rule: str | None
) -> None:
    answer = client.post(f"/v1/search?{query}", draw(ANA))
    assert (answer.status, answer.code) == (400, "invalid_parameter")
    assert answer.json()["details"]["parameter"] == named
    assert rule is None or answer.json()["details"]["rule"] == rule


def test_what_the_caller_sent_is_not_repeated(client: Client) -> None:
    answer = client.get("/v1/images?limit=sesame-4711")
    assert b"sesame-4711" not in answer.body


def broken_app(options: HttpOptions, error: Exception) -> Client:
    parts = build_memory_application()

    def fail() -> dict[str, object]:
        raise error

    object.__setattr__(parts.application, "info", fail)
    secret = parts.application.keys.create("t")[1]
    return Client(create_app(parts.application, options), secret)


def test_an_unforeseen_error_says_nothing_of_itself(
    options: HttpOptions, caplog: pytest.LogCaptureFixture
) -> None:
    client = broken_app(options, ValueError("the secret is 4711"))
    answer = client.get("/v1/info", headers={"x-request-id": "find-me"})
    assert (answer.status, answer.code) == (500, "internal_error")
    assert b"4711" not in answer.body
    assert b"ValueError" not in answer.body
    event = json.loads(next(r.message for r in caplog.records if r.name == "faceplate.http"))
    assert (event["type"], event["request_id"]) == ("ValueError", "find-me")
    assert any(place.startswith("fail:") for place in event["at"])
    assert "4711" not in caplog.text


def test_a_failed_store_is_logged_by_its_code(
    options: HttpOptions, caplog: pytest.LogCaptureFixture
) -> None:
    client = broken_app(options, domain.StorageCorrupt("damaged"))
    answer = client.get("/v1/info")
    assert (answer.status, answer.code) == (500, "storage_corrupt")
    events = [json.loads(r.message) for r in caplog.records if r.name == "faceplate.http"]
    assert [event["code"] for event in events] == ["storage_corrupt"]


def test_an_error_below_the_routes_is_caught_too(
    app: FastAPI, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    app.state.backend = None
    with caplog.at_level(logging.ERROR):
        answer = client.get("/v1/health")
    assert (answer.status, answer.code) == (500, "internal_error")


def test_a_part_that_fails_makes_health_fail(parts: MemoryParts, options: HttpOptions) -> None:
    sick = build_memory_application(engine=MemoryEngine(broken=True))
    answer = Client(create_app(sick.application, options)).get("/v1/health")
    assert (answer.status, answer.json()["status"]) == (503, "failing")
    assert answer.json()["parts"]["recognizer"]["code"] == "internal_error"
    assert int(str(answer.header("retry-after"))) >= 1
    well = Client(create_app(parts.application, options)).get("/v1/health")
    assert (well.status, well.json()["status"]) == (200, "ok")
    assert set(well.json()["parts"]) >= {"records", "blobs", "keys", "recognizer"}
