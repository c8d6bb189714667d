"""Schemas that callers bring along: nothing is fetched, nobody waits, nobody else is touched."""

from __future__ import annotations

import functools
import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import stub_provider as stubs
from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.domain.keys import KeyScope
from faceplate.services.schema_refusals import SchemaRefusals
from text_serving import Service, service

GOOD = stubs.says_text('{"mood": "good"}')
REFUSED = stubs.refuses(400, None, "response_format", "Invalid schema for response_format")


def own(schema: object) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}


@pytest.fixture
def served() -> Iterator[Service]:
    with service(provider={"retries": 0}, key={"scope": KeyScope.READ}) as found:
        yield found


class _Listener:
    """A server that notes who asks it for anything."""

    def __init__(self) -> None:
        hits = self.hits = []  # type: list[str]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hits.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"type": "object"}')

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def listener() -> Iterator[_Listener]:
    found = _Listener()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def references(url: str) -> list[dict[str, Any]]:
    return [
        {"$ref": f"{url}/ref"},
        {"$dynamicRef": f"{url}/dynamic"},
        {"$ref": "#/$defs/a", "$dynamicRef": f"{url}/both", "$defs": {"a": {}}},
        {"$schema": f"{url}/meta"},
        {"$schema": f"{url}/meta", "$vocabulary": {f"{url}/words": True}},
        {"$id": f"{url}/base/", "$ref": "relative"},
        {"properties": {"a": {"$id": f"{url}/inner/", "$ref": "relative"}}},
        {"properties": {"a": {"$schema": f"{url}/inner-meta", "$id": "x"}}},
        {"contentSchema": {"$ref": f"{url}/content"}},
        {"x-other": {"$ref": f"{url}/other"}},
        {"default": {"$ref": f"{url}/default"}},
    ]


def test_nothing_is_ever_fetched(served: Service, listener: _Listener, tmp_path: Any) -> None:
    there = tmp_path / "there.json"
    there.write_text("{}")
    served.stub.always = GOOD
    for schema in [*references(listener.url), *references(f"file://{there}")]:
        JsonSchemas().problem(schema)
        chat = served.chat(model="mood", response_format=own(schema))
        responses = served.client.post(
            "/v1/responses",
            json={
                "model": "mood",
                "input": "x",
                "text": {"format": {"type": "json_schema", "name": "x", "schema": schema}},
            },
        )
        assert chat.status_code == responses.status_code
        assert chat.status_code in {200, 400}
    assert listener.hits == []
    refused = served.chat(model="mood", response_format=own({"$ref": f"file://{there}"}))
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "response_format")


WRONG: list[Any] = [
    {"type": 7},
    {"$ref": "#/nope"},
    {"$ref": "#"},
    {"pattern": "("},
    {"pattern": "(?:a{1000}){1000}"},
    {"pattern": "(?=a)b"},
    {"pattern": r"(a)\1"},
    {"properties": []},
    {"allOf": 7},
    {"type": "object", "required": 5, "properties": {}, "additionalProperties": False},
    {"type": "object", "required": [[]], "properties": {"a": 1}, "additionalProperties": False},
    {"minimum": 10**40, "maximum": "x"},
    functools.reduce(lambda inner, _: {"items": inner}, range(900), {}),
    {"default": functools.reduce(lambda inner, _: [inner], range(900), {})},
]


@pytest.mark.parametrize("schema", WRONG)
@pytest.mark.parametrize("stream", [False, True])
def test_a_schema_that_is_none_is_the_callers_mistake_and_costs_nothing(
    served: Service, schema: Any, stream: bool
) -> None:
    wanted = {"type": "json_schema", "name": "x", "schema": schema}
    chat = served.chat(model="mood", stream=stream, response_format=own(schema))
    responses = served.client.post(
        "/v1/responses",
        json={"model": "mood", "input": "x", "stream": stream, "text": {"format": wanted}},
    )
    for answer, param in ((chat, "response_format"), (responses, "text.format")):
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert served.stub.seen == []


def doubling(levels: int) -> dict[str, Any]:
    named: dict[str, Any] = {
        f"a{one}": {"allOf": [{"$ref": f"#/$defs/a{one + 1}"}] * 2} for one in range(levels)
    }
    named[f"a{levels}"] = {"type": "string"}
    return {"$defs": named, "type": "object", "properties": {"mood": {"$ref": "#/$defs/a0"}}}


NESTED: Any = functools.reduce(lambda inner, _: {"mood": inner}, range(60), {})
HOSTILE: list[tuple[Any, Any]] = [
    (doubling(40), {"mood": "good"}),
    ({"properties": {"mood": {"anyOf": [{"$ref": "#"}] * 2}}, "required": ["x"]}, NESTED),
    ({"properties": {"mood": {"pattern": "^(a+)+$"}}}, {"mood": "a" * 5000 + "!"}),
    ({"properties": {"mood": {"pattern": "^(a|aa)+$"}}}, {"mood": "a" * 5000 + "!"}),
    ({"patternProperties": {"^(a+)+$": False}}, {"a" * 5000 + "!": 1}),
    ({"properties": {"mood": {"uniqueItems": True}}}, {"mood": [10**40 + n for n in range(3000)]}),
    ({"properties": {"mood": {"items": {"type": "null"}}}}, {"mood": ["x"] * 15_000}),
    ({"propertyNames": {"pattern": "^a$"}}, {f"name{n}": 1 for n in range(3000)}),
    ({"allOf": [{"properties": {"mood": {"type": "null"}}}] * 900}, {"mood": "x" * 100_000}),
    ({"allOf": [{"type": "null"} for _ in range(900)]}, {"mood": "x" * 100_000}),
    (
        {"anyOf": [{"anyOf": [{"additionalProperties": {"type": "null"}}] * 20}] * 20},
        {f"k{n}": "x" for n in range(300)},
    ),
    ({"required": [f"k{n}" for n in range(9000)]}, {f"x{n}": 1 for n in range(3000)}),
]


@pytest.mark.parametrize(("schema", "value"), HOSTILE)
def test_no_schema_keeps_others_waiting(served: Service, schema: Any, value: Any) -> None:
    served.stub.always = stubs.says_text(json.dumps(value))
    thread = threading.Thread(
        target=lambda: served.chat(model="mood", temperature=1, response_format=own(schema))
    )
    longest_s = 0.0
    with httpx.Client() as other:
        thread.start()
        while thread.is_alive():
            began_s = time.perf_counter()
            assert other.get(f"{served.url}/v1/models").status_code == 401
            longest_s = max(longest_s, time.perf_counter() - began_s)
    thread.join()
    # Tens of milliseconds on a machine of one's own; without bounds, the worst of these never end.
    assert longest_s < 8.0


def test_a_result_that_cannot_be_checked_in_time_is_none(served: Service) -> None:
    served.stub.always = stubs.says_text(json.dumps(NESTED))
    schema = {"properties": {"mood": {"anyOf": [{"$ref": "#"}] * 2}}}
    answer = served.chat(model="mood", response_format=own(schema))
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "result_invalid")


def test_usual_schemas_of_callers_are_kept_to(served: Service) -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"day": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}},
        "required": ["day"],
        "additionalProperties": False,
    }
    served.stub.queue(
        stubs.says_text('{"day": "yesterday"}'), stubs.says_text('{"day": "2024-05"}')
    )
    answer = served.chat(model="mood", response_format=own(schema)).json()
    assert answer["result"] == {"day": "2024-05"}
    sent = served.stub.seen[0].json["response_format"]["json_schema"]
    assert (sent["schema"], sent["strict"]) == (schema, True)


def strictness(served: Service, **members: Any) -> Any:
    served.stub.queued.clear()
    served.stub.seen.clear()
    served.stub.queue(GOOD)
    assert served.run(input_text="x", result="typed", **members).status_code == 200
    wanted = served.stub.seen[-1].json.get("response_format")
    return None if wanted is None else wanted["json_schema"]["strict"]


def test_a_refusal_of_one_callers_schema_is_not_held_against_others(served: Service) -> None:
    served.stub.queue(REFUSED, REFUSED, GOOD)
    answer = served.chat(model="mood", response_format=own({"type": "array"}))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "response_format")
    assert strictness(served) is True


def test_a_refusal_of_a_callers_values_is_not_held_against_others(served: Service) -> None:
    served.stub.queue(REFUSED, GOOD)
    asked = {"input_text": "x", "result": "typed", "parameters": {"reader": "children"}}
    assert served.run(**asked).status_code == 200
    assert strictness(served) is True


def test_other_refusals_teach_nothing(served: Service) -> None:
    served.stub.queue(stubs.refuses(400, None, "messages"))
    assert served.run(input_text="x", result="typed").status_code == 400
    assert strictness(served) is True


def test_a_caller_whose_strict_schema_is_refused_is_asked_for_less_strictly(
    served: Service,
) -> None:
    closed = {"type": "object", "properties": {}, "additionalProperties": False}
    served.stub.queue(REFUSED, stubs.says_text("{}"))
    assert served.chat(model="mood", response_format=own(closed)).json()["result"] == {}
    strict = [one.json["response_format"]["json_schema"]["strict"] for one in served.stub.seen]
    assert strict == [True, False]
    assert strictness(served) is True


def test_what_a_provider_does_not_support_is_remembered_for_an_hour(served: Service) -> None:
    served.stub.queue(REFUSED, REFUSED, GOOD)
    assert served.run(input_text="x", result="typed").status_code == 200
    assert strictness(served) is None
    runtime = FixedRuntime()
    refusals = SchemaRefusals(runtime)
    refusals.learn("mood", 2)
    refusals.learn("mood", 1)
    assert (refusals.looseness("mood"), refusals.looseness("other")) == (2, 0)
    runtime.advance(3601)
    assert refusals.looseness("mood") == 0


def test_half_a_character_is_the_models_mistake(served: Service) -> None:
    half = stubs.says({"choices": stubs.completion("half \ud83d")["choices"]})
    served.stub.queue(half, GOOD)
    assert served.run(input_text="x", result="typed").json()["result"] == {"mood": "good"}
    inside = stubs.says_text('{"mood": "\\ud83d"}')
    served.stub.queue(inside, inside)
    assert served.run(input_text="y", result="typed").json()["code"] == "result_invalid"
    served.stub.queue(half)
    assert served.run(input_text="z").json()["result"] == "half \ufffd"
