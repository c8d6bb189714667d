"""The grading rules of docs/explanation/evals.md, one by one."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from faceplate.adapters.checks.checks import DeterministicChecker
from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.adapters.memory.chat import MemoryChat
from faceplate.domain.errors import UpstreamFailed
from faceplate.domain.prompts import CheckSpec, PromptApp, Sample
from faceplate.services.evals import AppReport, Evals, SampleReport, Verdict, request_of, verdict_of
from text_build import app

GOOD = CheckSpec("equals", "mood", options={"value": "good"})


class OneAnswer(MemoryChat):
    """A model that always says the same."""

    def __init__(self, content: str, finish_reason: str = "stop") -> None:
        super().__init__()
        self.content, self.finish_reason = content, finish_reason

    async def complete(self, body: dict[str, Any], *, deadline_s: float) -> dict[str, Any]:
        return {
            "choices": [
                {
                    "message": {"role": "assistant", "content": self.content},
                    "finish_reason": self.finish_reason,
                }
            ],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3},
        }


class Broken(MemoryChat):
    """A model that cannot be reached."""

    async def complete(self, body: dict[str, Any], *, deadline_s: float) -> dict[str, Any]:
        raise UpstreamFailed("It is down.")


def judge(chat: MemoryChat, made: PromptApp) -> AppReport:
    async def first() -> AppReport:
        evals = Evals(chat=chat, checker=DeterministicChecker(), schemas=JsonSchemas())
        async for report in evals.run([made]):
            return report
        raise AssertionError("no report")

    return asyncio.run(first())


def one_sample(**changes: Any) -> PromptApp:
    sample = Sample(name="s", use="report", input_text="hello", **changes)
    return app(
        samples=(sample,),
        checks=(CheckSpec("one_of", "mood", options={"values": ["good", "bad"]}),),
    )


def test_an_answer_without_fault_passes() -> None:
    report = judge(OneAnswer('{"mood": "good"}'), one_sample(expect=(GOOD,)))
    assert report.verdict is Verdict.PASS
    (sample,) = report.samples
    assert (sample.reasons, sample.prompt_tokens, sample.completion_tokens) == ((), 7, 3)


@pytest.mark.parametrize(
    ("content", "finish_reason", "reason"),
    [
        ('{"mood": "good"}', "length", "cut"),
        ('{"mood": "go', "stop", "not JSON"),
        ('["good"]', "stop", "not a JSON object"),
        ('{"mood": "great"}', "stop", "mood"),
        ('{"mood": "good", "more": 1}', "stop", "more"),
        ("", "stop", "not JSON"),
    ],
)
def test_a_broken_answer_fails(content: str, finish_reason: str, reason: str) -> None:
    report = judge(OneAnswer(content, finish_reason), one_sample())
    assert report.verdict is Verdict.FAIL
    assert any(reason in one for one in report.samples[0].reasons)


def test_an_unmet_expectation_alone_is_poor() -> None:
    report = judge(OneAnswer('{"mood": "bad"}'), one_sample(expect=(GOOD,)))
    assert report.verdict is Verdict.POOR
    assert report.samples[0].reasons[0].startswith("expected equals:mood")


def test_an_error_of_the_provider_fails_the_sample_and_not_the_run() -> None:
    report = judge(Broken(), one_sample())
    assert report.verdict is Verdict.FAIL
    assert report.samples[0].reasons == ("upstream_failed: It is down.",)


def test_text_samples_are_judged_as_text() -> None:
    spec = CheckSpec("contains", on="text", options={"all": ["good"]})
    report = judge(OneAnswer("all good"), one_sample(mode="text", expect=(spec,)))
    assert report.verdict is Verdict.PASS


def test_tuning_samples_are_never_reported() -> None:
    async def slugs(use: Any) -> list[str]:
        evals = Evals(chat=OneAnswer("{}"), checker=DeterministicChecker(), schemas=JsonSchemas())
        made = app(samples=(Sample(name="t", use="tune", input_text="x"),))
        return [one.slug async for one in evals.run([made], use=use)]

    assert asyncio.run(slugs("report")) == []
    assert asyncio.run(slugs("tune")) == ["mood"]


def test_the_request_is_the_applications_own() -> None:
    made = app(temperature=0.7, max_tokens=64)
    body = request_of(made, Sample(name="s", use="tune", input_text="x"))
    assert (body["temperature"], body["max_tokens"], body["seed"]) == (0.7, 64, 1)
    assert body["response_format"]["json_schema"]["schema"]["required"] == ["mood"]
    assert "model" not in body
    text = request_of(made, Sample(name="s", use="tune", input_text="x", mode="text"), model="m")
    assert "response_format" not in text
    assert text["model"] == "m"
    assert json.dumps(text)


@pytest.mark.parametrize(
    ("marks", "verdict"),
    [
        ([(True, True), (True, True)], Verdict.PASS),
        ([(True, True), (False, False)], Verdict.POOR),
        ([(False, True), (False, True)], Verdict.POOR),
        ([(False, True), (False, False)], Verdict.FAIL),
    ],
)
def test_verdicts_follow_the_table(marks: list[tuple[bool, bool]], verdict: Verdict) -> None:
    samples = [
        SampleReport("a", "s", "report", passed, formed, (), 1.0, 1, 1, "")
        for passed, formed in marks
    ]
    assert verdict_of(samples) is verdict
