"""Measure prompt applications by their own samples; docs/explanation/evals.md has the rules."""

from __future__ import annotations

import enum
import functools
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from faceplate.domain.errors import FaceplateError
from faceplate.domain.prompts import PromptApp, Sample, render, result_schema_for
from faceplate.ports.chat import Chat, ChatBody
from faceplate.ports.checks import Checker
from faceplate.ports.schemas import Schemas

_SEED = 1


class Verdict(enum.StrEnum):
    """How an application did."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    POOR = "poor"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class SampleReport:
    """How one sample did; ``well_formed`` when only expectations failed, or nothing."""

    slug: str
    sample: str
    use: str
    passed: bool
    well_formed: bool
    reasons: tuple[str, ...]
    duration_ms: float
    prompt_tokens: int
    completion_tokens: int
    answer: str


@dataclass(frozen=True, slots=True)
class AppReport:
    """How one application did over its samples."""

    slug: str
    verdict: Verdict
    samples: tuple[SampleReport, ...]


class Evals:
    """Run samples against a model and judge the answers."""

    def __init__(
        self,
        *,
        chat: Chat,
        checker: Checker,
        schemas: Schemas,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._chat = chat
        self._checker = checker
        self._schemas = schemas
        self._clock = clock

    async def run(
        self,
        apps: Sequence[PromptApp],
        *,
        use: Literal["tune", "report"] = "report",
        deadline_s: float = 600.0,
        model: str | None = None,
    ) -> AsyncIterator[AppReport]:
        """Yield each application's report as soon as its samples of one use are done.

        An application without such samples is left out. An error of the provider fails the sample.
        """
        for app in apps:
            samples = [one for one in app.samples if one.use == use]
            if not samples:
                continue
            reports = [
                await self.run_sample(app, one, deadline_s=deadline_s, model=model)
                for one in samples
            ]
            yield AppReport(app.slug, verdict_of(reports), tuple(reports))

    async def run_sample(
        self, app: PromptApp, sample: Sample, *, deadline_s: float, model: str | None = None
    ) -> SampleReport:
        """Ask once, and judge the answer. Cost: one call of the provider."""
        started = self._clock()
        try:
            completion = await self._chat.complete(
                request_of(app, sample, model=model), deadline_s=deadline_s
            )
            broken, unmet, answer = self._judge(app, sample, completion)
        except FaceplateError as exc:
            completion, broken, unmet, answer = {}, [f"{exc.code}: {exc.message}"], [], ""
        usage = completion.get("usage") or {}
        return SampleReport(
            slug=app.slug,
            sample=sample.name,
            use=sample.use,
            passed=not broken and not unmet,
            well_formed=not broken,
            reasons=(*broken, *unmet),
            duration_ms=(self._clock() - started) * 1000,
            prompt_tokens=int(usage.get("prompt_tokens", 0)),
            completion_tokens=int(usage.get("completion_tokens", 0)),
            answer=answer,
        )

    def _judge(
        self, app: PromptApp, sample: Sample, completion: ChatBody
    ) -> tuple[list[str], list[str], str]:
        choice = completion["choices"][0]
        text: str = choice["message"].get("content") or ""
        broken: list[str] = []
        if choice.get("finish_reason") == "length":
            broken.append("cut at the token limit")
        result: dict[str, Any] | None = None
        if sample.mode == "typed":
            result, errors = self._typed(app, sample, text)
            broken += errors
            if result is None:
                return broken, [], text
        run = functools.partial(
            self._checker.run,
            app,
            input_text=sample.input_text,
            parameters=sample.parameters,
            text=text,
            result=result,
        )
        checks, expectations = run(), run(specs=sample.expect)
        broken += [f"{one.name}: {one.detail}" for one in checks if not one.passed]
        unmet = [f"expected {one.name}: {one.detail}" for one in expectations if not one.passed]
        return broken, unmet, text

    def _typed(
        self, app: PromptApp, sample: Sample, text: str
    ) -> tuple[dict[str, Any] | None, list[str]]:
        try:
            value = json.loads(text)
        except (json.JSONDecodeError, RecursionError):
            return None, ["not JSON"]
        if not isinstance(value, dict):
            return None, ["not a JSON object"]
        return value, list(self._schemas.errors(result_schema_for(app, sample.parameters), value))


def request_of(app: PromptApp, sample: Sample, *, model: str | None = None) -> ChatBody:
    """Return the request of one sample, as the rules say."""
    typed = sample.mode == "typed"
    body: ChatBody = {
        "messages": render(app, sample.parameters, sample.input_text, sample.history, typed=typed),
        "temperature": app.temperature,
        "max_tokens": app.max_tokens,
        "seed": _SEED,
    }
    if model is not None:
        body["model"] = model
    if typed:
        schema = result_schema_for(app, sample.parameters)
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "result", "schema": schema, "strict": True},
        }
    return body


def verdict_of(samples: Sequence[SampleReport]) -> Verdict:
    """Return the verdict over an application's samples."""
    if all(one.passed for one in samples):
        return Verdict.PASS
    if any(one.passed for one in samples) or all(one.well_formed for one in samples):
        return Verdict.POOR
    return Verdict.FAIL
