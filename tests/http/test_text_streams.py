"""Streams: passed on as they come, kept alive, cancelled when nobody listens, and counted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import httpx
import pytest

import stub_provider as stubs
from text_serving import Service, service, texts_in

CANCEL_S = 1.0
"""The issue's bound on how long an upstream may outlive its caller."""


@pytest.fixture
def served() -> Iterator[Service]:
    with service(keep_alive_s=0.05) as found:
        yield found


def usage_of(served: Service, app: str) -> dict[str, int]:
    rows = served.client.get("/v1/usage").json()["usage"]
    found: dict[str, int] = next(row for row in rows if row["app"] == app)
    return found


def test_events_come_as_they_are_made(served: Service) -> None:
    release = threading.Event()

    async def two_parts(_seen: stubs.Seen, wire: stubs.Wire) -> None:
        await wire.begin_events()
        await wire.piece(stubs.chunk({"content": "first "}))
        await stubs.waits_for(release, stubs.pass_by)(_seen, wire)
        await wire.piece(stubs.chunk({"content": "second"}))
        await wire.piece(stubs.chunk({}, "stop") + b"data: [DONE]\n\n")
        await wire.end_events()

    served.stub.queue(two_parts)
    body = {"input_text": "x", "stream": True}
    with served.client.stream("POST", "/v1/examples/mood", json=body) as answer:
        lines = answer.iter_lines()
        assert "first " in next(line for line in lines if line.startswith("data: "))
        release.set()
        rest = [line[6:] for line in lines if line.startswith("data: ")]
    assert texts_in(rest) == "second"
    assert rest[-1] == "[DONE]"


@pytest.mark.parametrize("path", ["/v1/examples/mood", "/v1/chat/completions"])
def test_silence_before_the_first_event_is_filled(served: Service, path: str) -> None:
    release = threading.Event()
    served.stub.queue(
        stubs.waits_for(release, stubs.says_events(stubs.chunk({}, "stop"), b"data: [DONE]\n\n"))
    )
    body = {
        "model": "stub-1",
        "messages": [{"role": "user", "content": "x"}],
        "stream": True,
    }
    if path.endswith("mood"):
        del body["model"]
    with served.client.stream("POST", path, json=body) as answer:
        lines = answer.iter_lines()
        assert next(lines) == ": keep-alive"
        release.set()
        assert "data: [DONE]" in list(lines)


def test_an_error_after_a_comment_is_an_event(served: Service) -> None:
    release = threading.Event()
    served.stub.queue(stubs.waits_for(release, stubs.refuses(401, "invalid_api_key")))
    body = {"input_text": "x", "stream": True}
    with served.client.stream("POST", "/v1/examples/mood", json=body) as answer:
        lines = answer.iter_lines()
        assert (answer.status_code, next(lines)) == (200, ": keep-alive")
        release.set()
        events = [line[6:] for line in lines if line.startswith("data: ")]
    assert [json.loads(one)["error"]["code"] for one in events] == ["invalid_api_key"]


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("stream", [True, False])
def test_the_upstream_ends_when_the_caller_leaves(
    served: Service, *, begun: bool, stream: bool
) -> None:
    pieces = (stubs.chunk({"content": "x"}),) if begun and stream else ()
    served.stub.queue(stubs.hangs(served.stub, *pieces))
    seen = threading.Event()

    def leave() -> None:
        with httpx.Client(headers=served.client.headers) as leaving:
            request = leaving.build_request(
                "POST",
                f"{served.url}/v1/examples/mood",
                json={"input_text": "x", "stream": stream},
                timeout=httpx.Timeout(20, read=0.5),
            )
            try:
                answer = leaving.send(request, stream=True)
                if begun:
                    next(answer.iter_bytes())
                answer.close()
            except httpx.ReadTimeout:
                pass
        seen.set()

    thread = threading.Thread(target=leave)
    thread.start()
    assert seen.wait(stubs.WAIT_S)
    assert served.stub.left.wait(CANCEL_S)
    thread.join()
    assert usage_of(served, "mood")["failures"] == 1


def test_streams_are_counted_by_the_providers_figures(served: Service) -> None:
    served.stream("/v1/examples/mood", input_text="a b c")
    row = usage_of(served, "mood")
    assert (row["requests"], row["prompt_tokens"], row["completion_tokens"]) == (1, 7, 5)
    assert served.stub.seen[0].json["stream_options"] == {"include_usage": True}


def test_streams_without_figures_are_estimated(served: Service) -> None:
    words = [stubs.chunk({"content": "word "}) for _ in range(9)]
    served.stub.queue(stubs.says_events(*words, stubs.chunk({}, "stop"), b"data: [DONE]\n\n"))
    served.stream("/v1/examples/mood", input_text="a b c")
    row = usage_of(served, "mood")
    assert row["completion_tokens"] == 11
    assert row["prompt_tokens"] > 0


@pytest.mark.parametrize("asked", [True, False])
def test_figures_are_shown_to_those_who_ask(served: Service, *, asked: bool) -> None:
    options = {"stream_options": {"include_usage": True}} if asked else {}
    events = served.stream(
        "/v1/chat/completions",
        model="stub-1",
        messages=[{"role": "user", "content": "x"}],
        **options,
    )
    found = [one for one in events if one != "[DONE]" and json.loads(one).get("usage")]
    assert len(found) == asked


def test_a_stream_ends_with_result_and_checks(served: Service) -> None:
    served.stub.queue(
        stubs.says_events(
            stubs.chunk({"content": '{"mood": '}),
            stubs.chunk({"content": '"good"}'}),
            stubs.chunk({}, "stop"),
            b"data: [DONE]\n\n",
        )
    )
    events = served.stream("/v1/examples/mood", input_text="x", result="typed")
    last = json.loads(events[-2])
    assert last["result"] == {"mood": "good"}
    assert last["checks"] == []
    assert events[-1] == "[DONE]"


def test_a_streamed_result_that_does_not_fit_is_an_error(served: Service) -> None:
    served.stub.queue(
        stubs.says_events(
            stubs.chunk({"content": '{"mood": "blue"}'}),
            stubs.chunk({}, "stop"),
            b"data: [DONE]\n\n",
        )
    )
    events = served.stream("/v1/examples/mood", input_text="x", result="typed")
    assert json.loads(events[-1])["error"]["code"] == "result_invalid"


def test_a_stream_without_done_gets_one(served: Service) -> None:
    served.stub.queue(stubs.says_events(stubs.chunk({"content": "x"}), stubs.chunk({}, "stop")))
    assert served.stream("/v1/examples/mood", input_text="x")[-1] == "[DONE]"


def test_connections_are_used_again(served: Service) -> None:
    for _ in range(5):
        served.stream("/v1/examples/mood", input_text="x")
        served.run(input_text="x")
    assert served.stub.connections == 1
