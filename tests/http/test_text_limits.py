"""What keys may use, what they have used, and answers that come from memory."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

import stub_provider as stubs
from faceplate.domain.keys import KeyScope
from faceplate.services.completions import ChatLimits
from faceplate.services.keys import Limits
from faceplate.services.usage import TokenLimits
from text_build import app
from text_serving import Service, service

FIRST = {"first": "2030-01-01", "last": "2030-01-01"}


def usage(served: Service, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = served.client.get("/v1/usage", params={**FIRST, **query}).json()
    return found


def test_requests_a_day_are_counted_with_everybody_elses() -> None:
    with service(limits=Limits(daily_quota=3)) as served:
        statuses = [served.run(input_text="x").status_code for _ in range(2)]
        served.parts.application.text.write_books()
        statuses += [served.client.get("/v1/examples").status_code]
        refused = served.run(input_text="x")
        chat = served.chat()
    assert statuses == [200, 200, 200]
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert int(refused.headers["retry-after"]) > 1000
    assert chat.json()["error"]["code"] == "insufficient_quota"
    assert chat.headers["x-should-retry"] == "false"


def test_requests_a_second_are_limited() -> None:
    with service(limits=Limits(rate_rps=0.001, burst=2)) as served:
        statuses = [served.run(input_text="x").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_a_revoked_key_is_refused_from_the_next_request_on() -> None:
    with service() as served:
        assert served.run(input_text="x").status_code == 200
        served.parts.application.keys.revoke(served.secret.split("_")[1])
        assert served.run(input_text="x").status_code == 401


def test_tokens_are_reserved_before_and_settled_after() -> None:
    """An answer takes 12 tokens; a run may need 64 and its prompt."""
    with service(tokens=TokenLimits(daily_tokens=110)) as served:
        statuses = [served.run(input_text="x").status_code for _ in range(4)]
        refused = served.run(input_text="x")
    assert statuses[:2] == [200, 200]
    assert (refused.status_code, refused.json()["code"]) == (429, "token_quota_exceeded")


def test_requests_that_run_hold_their_tokens() -> None:
    with service(tokens=TokenLimits(daily_tokens=120)) as served:
        release = threading.Event()
        served.stub.queue(stubs.waits_for(release, stubs.says_text("late")))
        late: list[int] = []

        def slow() -> None:
            with httpx.Client(headers=served.client.headers, timeout=20) as other:
                url = f"{served.url}/v1/examples/mood"
                late.append(other.post(url, json={"input_text": "x"}).status_code)

        thread = threading.Thread(target=slow)
        thread.start()
        while not served.stub.seen:
            pass
        meanwhile = served.run(input_text="x").status_code
        release.set()
        thread.join(stubs.WAIT_S)
        after = served.run(input_text="x").status_code
    assert (meanwhile, late, after) == (429, [200], 200)


def test_a_key_may_have_its_own_limit() -> None:
    with service(key={"daily_tokens": 20}) as served:
        assert served.run(input_text="x").status_code == 429
        assert served.client.get("/v1/usage").json()["daily_tokens"] == 20


def test_a_soft_limit_lets_through() -> None:
    with service(tokens=TokenLimits(daily_tokens=1, hard=False)) as served:
        assert served.run(input_text="x").status_code == 200


def test_a_hard_limit_bounds_answers_that_have_no_limit() -> None:
    limits = ChatLimits(reserved_output_tokens=33)
    with service(tokens=TokenLimits(daily_tokens=1000), limits_of_chat=limits) as served:
        served.chat()
        served.chat(max_completion_tokens=5)
        sent = [one.json for one in served.stub.seen]
    assert sent[0]["max_tokens"] == 33
    assert "max_tokens" not in sent[1]


def test_every_surface_is_counted() -> None:
    with service(tokens=TokenLimits(daily_tokens=10_000)) as served:
        served.stub.queue(
            stubs.says({"data": [], "usage": {"prompt_tokens": 9, "total_tokens": 9}})
        )
        served.client.post("/v1/embeddings", json={"model": "e", "input": "x"})
        responses = {"id": "r", "usage": {"input_tokens": 3, "output_tokens": 4}}
        served.stub.queue(stubs.says(responses))
        served.client.post("/v1/responses", json={"model": "r", "input": "x"})
        served.stub.queue(
            stubs.says_events(
                stubs.event({"type": "response.created", "response": {"usage": None}}),
                stubs.event({"type": "response.completed", "response": responses}),
            )
        )
        served.client.post("/v1/responses", json={"model": "r", "input": "x", "stream": True})
        body = {"messages": [{"content": "x"}], "max_tokens": 9}
        served.client.post("/v1/passthrough", json=body)
        rows = {row["app"]: row for row in usage(served)["usage"]}
    assert rows["embeddings"]["prompt_tokens"] == 9
    assert (rows["responses"]["prompt_tokens"], rows["responses"]["completion_tokens"]) == (6, 8)
    assert rows["chat/completions"]["completion_tokens"] == 5


def test_failures_cost_nothing_and_are_counted() -> None:
    with service(provider={"retries": 0}) as served:
        served.stub.queue(stubs.refuses(500), stubs.refuses(400))
        served.run(input_text="x")
        served.run(input_text="x")
        totals = usage(served)["totals"]
    assert (totals["requests"], totals["failures"]) == (2, 2)
    assert totals["prompt_tokens"] + totals["completion_tokens"] == 0


def test_repairs_are_counted() -> None:
    with service() as served:
        served.stub.queue(stubs.says_text("no"), stubs.says_text('{"mood": "bad"}'))
        answer = served.run(input_text="x", result="typed").json()
        totals = usage(served)["totals"]
    assert answer["usage"] == {"prompt_tokens": 14, "completion_tokens": 10, "total_tokens": 24}
    assert (totals["requests"], totals["prompt_tokens"]) == (2, 14)


def test_usage_is_by_key_app_and_day_and_others_see_their_own() -> None:
    with service() as served:
        reader, secret = served.parts.application.keys.create("reader", scope=KeyScope.READ)
        served.run(input_text="x")
        with httpx.Client(base_url=served.url, headers={"x-api-key": secret}) as other:
            other.post("/v1/examples/mood", json={"input_text": "x"})
            own = other.get("/v1/usage").json()
            assert other.get("/v1/usage", params={"key_id": "k"}).status_code == 403
            assert other.post("/v1/passthrough", json={}).status_code == 403
        everything = usage(served)
        one = usage(served, key_id=reader.key_id)
    assert [row["key_id"] for row in own["usage"]] == [reader.key_id]
    assert own == one | {"tokens_used_today": own["tokens_used_today"]}
    assert everything["totals"]["requests"] == 2


@pytest.mark.parametrize("days", [("2030-01-02", "2030-01-01"), ("2028-01-01", "2030-01-01")])
def test_usage_of_days_that_make_no_sense(days: tuple[str, str]) -> None:
    with service() as served:
        answer = served.client.get("/v1/usage", params={"first": days[0], "last": days[1]})
    assert (answer.status_code, answer.json()["details"]["parameter"]) == (400, "first")


def test_answers_at_temperature_zero_are_remembered() -> None:
    with service(cache_entries=8) as served:
        first, second = served.run(input_text="x"), served.run(input_text="x")
        warm = served.run(input_text="x", temperature=0.5)
        other = served.run(input_text="y")
        key = served.parts.application.keys.create("other")[1]
        with httpx.Client(base_url=served.url, headers={"x-api-key": key}) as stranger:
            theirs = stranger.post("/v1/examples/mood", json={"input_text": "x"})
        totals = usage(served)["totals"]
    answers = (first, second, warm, other, theirs)
    assert [one.headers["x-faceplate-cache"] for one in answers] == [
        "miss",
        "hit",
        "miss",
        "miss",
        "miss",
    ]
    assert second.json()["result"] == "x"
    assert second.json()["request_meta_data"]["cached"] is True
    assert (totals["cache_hits"], totals["prompt_tokens"]) == (1, 28)


def test_nothing_is_remembered_unless_asked_for() -> None:
    with service() as served:
        first, second = served.run(input_text="x"), served.run(input_text="x")
    assert "x-faceplate-cache" not in first.headers
    assert len(served.stub.seen) == 2
    assert second.status_code == 200


def test_a_result_that_did_not_fit_is_asked_for_anew() -> None:
    with service(cache_entries=8) as served:
        served.stub.queue(stubs.says_text("no"), stubs.says_text("never"))
        assert served.run(input_text="x", result="typed").status_code == 502
        served.stub.queue(stubs.says_text('{"mood": "bad"}'))
        assert served.run(input_text="x", result="typed").json()["result"] == {"mood": "bad"}


def test_typed_results() -> None:
    with service() as served:
        served.stub.queue(stubs.says_text('```json\n{"mood": "good"}\n```'))
        answer = served.run(input_text="x", result="typed").json()
        assert (answer["result"], answer["request_meta_data"]["repaired"]) == (
            {"mood": "good"},
            False,
        )
        cut = stubs.completion('{"mood": "good"}')
        cut["choices"][0]["finish_reason"] = "length"
        served.stub.queue(stubs.says(cut), stubs.says_text('{"mood": "blue"}'))
        failed = served.run(input_text="x", result="typed")
    assert (failed.status_code, failed.json()["code"]) == (502, "result_invalid")
    assert failed.json()["details"]["problems"]
    repair = served.stub.seen[-1].json["messages"]
    assert [one["role"] for one in repair] == ["system", "user", "assistant", "user"]
    assert "cut off" in repair[-1]["content"]


def test_a_provider_that_refuses_schemas_is_met_half_way() -> None:
    refusal = stubs.refuses(400, "unsupported_parameter", "response_format")
    good = stubs.says_text('{"mood": "good"}')
    with service() as served:
        served.stub.queue(refusal, refusal, good, good)
        assert served.run(input_text="x", result="typed").json()["result"] == {"mood": "good"}
        assert served.run(input_text="x", result="typed").json()["result"] == {"mood": "good"}
        formats = [one.json.get("response_format") for one in served.stub.seen]
    assert [one and one["json_schema"]["strict"] for one in formats] == [True, False, None, None]


def test_checks_are_run_over_the_answer() -> None:
    from faceplate.adapters.memory.prompt_catalog import MemoryPromptCatalog  # noqa: PLC0415
    from faceplate.domain.prompts import CheckSpec  # noqa: PLC0415

    checked = app(checks=(CheckSpec("python_parses", on="text"),))
    with service(catalog=MemoryPromptCatalog([checked])) as served:
        good = served.run(input_text="x = 1").json()["checks"]
        bad = served.run(input_text="x = = 1" + " " * 3000).json()["checks"]
    assert [one["passed"] for one in (*good, *bad)] == [True, False]
    assert bad[0]["detail"]
