"""What every answer carries: id, CORS, safe headers; and the log line it leaves."""

import json
import logging

import pytest

from asgi_client import Answer, Client
from build import ANA, MemoryParts, build_memory_application, draw
from faceplate.http.app import create_app
from faceplate.http.metrics import Metrics
from faceplate.http.options import HttpOptions
from faceplate.services.keys import Limits


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(r.message) for r in caplog.records if r.name == "faceplate.access"]


@pytest.mark.parametrize("offered", ["abc", "A.b_c-9", "x" * 64])
def test_a_harmless_request_id_is_taken_over(client: Client, offered: str) -> None:
    answer = client.get("/v1/health", headers={"x-request-id": offered})
    assert answer.header("x-request-id") == offered


@pytest.mark.parametrize("offered", ["", "x" * 65, "a b", "a\r\nx: y", "é", "<script>"])
def test_any_other_is_replaced(client: Client, offered: str) -> None:
    answer = client.get("/v1/health", headers={"x-request-id": offered})
    made = str(answer.header("x-request-id"))
    assert made != offered
    assert len(made) == 32
    assert client.get("/v1/health").header("x-request-id") != made


def every_kind_of_answer(client: Client) -> dict[int, Answer]:
    large = [(b"content-length", b"999999999")]
    found = [
        client.get("/v1/images"),
        client.post("/v1/people", {"name": "Ana"}),
        client.get("/v1/images?typo=1"),
        client.with_secret(None).get("/v1/images"),
        client.get("/nothing"),
        client.call("DELETE", "/v1/search"),
        client.call("POST", "/v1/detect", [b"x"], headers=large),
        client.post("/v1/search", draw()),
        client.get("/v1/images/%FF"),
    ]
    return {answer.status: answer for answer in found}


def test_cors_is_on_every_answer(client: Client) -> None:
    answers = every_kind_of_answer(client)
    assert set(answers) == {200, 201, 400, 401, 404, 405, 413, 422}
    for answer in answers.values():
        assert answer.header("access-control-allow-origin") == "*"
        assert "x-request-id" in str(answer.header("access-control-expose-headers"))
        assert "retry-after" in str(answer.header("access-control-expose-headers"))
        assert answer.header("cache-control") == "no-store"
        assert answer.header("referrer-policy") == "no-referrer"


def test_cors_is_on_429_and_500_and_503(options: HttpOptions) -> None:
    parts = build_memory_application(limits=Limits(rate_rps=1, burst=1))
    app = create_app(parts.application, options)
    client = Client(app, parts.application.keys.create("t")[1])
    client.get("/v1/images")
    limited = client.get("/v1/images")
    app.state.backend = None
    failed = client.get("/v1/health")
    assert (limited.status, failed.status) == (429, 500)
    for answer in (limited, failed):
        assert answer.header("access-control-allow-origin") == "*"


def test_only_listed_origins_may_call(parts: MemoryParts) -> None:
    options = HttpOptions(
        max_image_bytes=1000, worker_threads=1, cors_origins=("https://a.example",)
    )
    client = Client(create_app(parts.application, options))
    good = client.get("/v1/health", headers={"origin": "https://a.example"})
    bad = client.get("/v1/health", headers={"origin": "https://b.example"})
    assert good.header("access-control-allow-origin") == "https://a.example"
    assert bad.header("access-control-allow-origin") is None
    assert good.header("vary") == bad.header("vary") == "Origin"


def test_a_preflight_needs_no_key(client: Client) -> None:
    headers = {
        "origin": "https://a.example",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "x-api-key, x-amz-meta-album, content-type",
    }
    answer = client.with_secret(None).call("OPTIONS", "/v1/index/a.png", headers=headers)
    assert (answer.status, answer.body) == (204, b"")
    assert "PUT" in str(answer.header("access-control-allow-methods"))
    allowed = headers["access-control-request-headers"]
    assert answer.header("access-control-allow-headers") == allowed
    odd = {**headers, "access-control-request-headers": "a\r\nb: c"}
    answer = client.call("OPTIONS", "/v1/index/a.png", headers=odd)
    assert answer.header("access-control-allow-headers") is None


def test_a_request_leaves_one_line(
    client: Client, parts: MemoryParts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.put("/v1/index/ana.png", draw(ANA), headers={"x-request-id": "r1"})
    (line,) = lines(caplog)
    assert line.pop("duration_ms") >= 0  # type: ignore[operator]
    assert line == {
        "event": "http.request",
        "request_id": "r1",
        "method": "PUT",
        "route": "/v1/index/{filename}",
        "status": 201,
        "mode": "local",
        "key_id": parts.application.keys.list()[0].key_id,
        "face_count": 1,
    }


def test_no_line_holds_a_name_a_key_a_path_or_a_byte(
    parts: MemoryParts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    options = HttpOptions(max_image_bytes=100_000, worker_threads=1, debug_mode=True)
    client = Client(
        create_app(parts.application, options), parts.application.keys.create("the-key-name")[1]
    )
    headers = {"x-amz-meta-secretword": "hiddenvalue", "x-request-id": "r"}
    target = "/v1/index/private-folder/holiday.png?person=Zebulon"
    person = client.put(target, draw(ANA), headers=headers).json()["person_id"]
    client.post("/v1/search", b"c2VjcmV0Ynl0ZXM=")
    client.get("/v1/images/private-folder/holiday.png")
    client.patch(f"/v1/people/{person}", {"name": "Yolanda"})
    client.with_secret("wrongsecret").get("/v1/images?key=private-folder")
    client.get("/private-folder/unknown")
    client.delete(f"/v1/people/{person}")
    assert len(lines(caplog)) == 7
    for word in (
        str(client.secret),
        "wrongsecret",
        "the-key-name",
        "private-folder",
        "holiday",
        "Zebulon",
        "Yolanda",
        "secretword",
        "hiddenvalue",
        "c2VjcmV0",
        person,
    ):
        assert word not in caplog.text


def test_debug_mode_tells_names_of_parameters_and_the_size(
    parts: MemoryParts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    options = HttpOptions(max_image_bytes=100_000, worker_threads=1, debug_mode=True)
    client = Client(create_app(parts.application, options), parts.application.keys.create("t")[1])
    picture = draw(ANA)
    client.post("/v1/search?limit=3&min_similarity=80", picture)
    (line,) = lines(caplog)
    assert line["query_names"] == ["limit", "min_similarity"]
    assert line["body_bytes"] == len(picture)
    client.get("/v1/images?" + "&".join(f"{n}{'x' * 200}=1" for n in range(50)))
    names = lines(caplog)[-1]["query_names"]
    assert isinstance(names, list)
    assert len(names) == 20
    assert max(map(len, names)) == 64


def test_a_route_that_is_not_there_is_null_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.get("/nothing")
    client.with_secret("bad").get("/v1/images")
    first, second = lines(caplog)
    assert (first["route"], first["status"]) == (None, 404)
    assert (second["route"], second["status"], second["key_id"]) == ("/v1/images", 401, None)


def test_a_quiet_logger_costs_nothing(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="faceplate.access")
    client.get("/v1/health")
    assert lines(caplog) == []


def test_metrics_count_by_template_and_never_by_path(client: Client) -> None:
    client.put("/v1/index/secret-name.png", draw(ANA, ANA))
    client.get("/v1/images/secret-name.png")
    client.get("/nothing/at/all")
    client.call("BREW", "/v1/search")
    answer = client.with_secret(None).get("/metrics")
    text = answer.body.decode()
    assert str(answer.header("content-type")).startswith("text/plain; version=0.0.4")
    for line in (
        'faceplate_requests_total{route="/v1/index/{filename}",method="PUT",status="201"} 1',
        'faceplate_requests_total{route="/v1/images/{key}",method="GET",status="200"} 1',
        'faceplate_requests_total{route="unmatched",method="GET",status="404"} 1',
        'faceplate_requests_total{route="/v1/search",method="other",status="405"} 1',
        'faceplate_request_duration_seconds_count{route="/v1/images/{key}"} 1',
        'faceplate_request_duration_seconds_bucket{route="/v1/images/{key}",le="+Inf"} 1',
        "faceplate_faces_indexed_total 2",
    ):
        assert line in text.splitlines()
    assert "secret-name" not in text
    assert 'faceplate_build_info{version="' in text
    resident = next(x for x in text.splitlines() if x.startswith("process_resident_memory_bytes"))
    assert int(resident.split()[1]) > 1_000_000


def test_buckets_add_up() -> None:
    metrics = Metrics("local")
    for seconds in (0.0005, 0.001, 0.3, 60.0):
        metrics.observe("/r", "GET", 200, seconds)
    text = metrics.render()
    name = 'faceplate_request_duration_seconds_bucket{route="/r",le='
    for bound, count in (("0.001", 2), ("0.25", 2), ("0.5", 3), ("10.0", 3), ("+Inf", 4)):
        assert f'{name}"{bound}"}} {count}' in text
    assert 'duration_seconds_sum{route="/r"} 60.301500' in text


def test_metrics_may_want_a_key(parts: MemoryParts) -> None:
    options = HttpOptions(max_image_bytes=1000, worker_threads=1, metrics_public=False)
    client = Client(create_app(parts.application, options), parts.application.keys.create("t")[1])
    assert client.with_secret(None).get("/metrics").code == "unauthenticated"
    assert client.get("/metrics").status == 200


def test_info_tells_what_the_application_tells(options: HttpOptions) -> None:
    parts = build_memory_application(describe=lambda: {"mode": "local", "accuracy": "fast"})
    client = Client(create_app(parts.application, options), parts.application.keys.create("t")[1])
    client.put("/v1/index/a.png", draw(ANA))
    info = client.get("/v1/info").json()
    assert (info["name"], info["mode"], info["accuracy"]) == ("faceplate", "local", "fast")
    assert info["collection"] == {
        "collection_id": "faceplate",
        "faces": 1,
        "people": 0,
        "images": 1,
    }
    assert info["presets"]["high-risk"]["min_similarity"] == 99
