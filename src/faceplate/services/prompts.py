"""Run a prompt application: its prompt around the caller's input, its checks over the answer."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from faceplate.domain.app_options import APP_OPTIONS
from faceplate.domain.caller_schemas import accept_schema, wrong_schema
from faceplate.domain.chat_answers import first_choice, make_sendable, text_of
from faceplate.domain.chat_events import DONE, Heard, event
from faceplate.domain.errors import InvalidInput, NotFound
from faceplate.domain.keys import ApiKey
from faceplate.domain.prompts import PromptApp, render, result_schema_for
from faceplate.domain.schema_costs import cost_of
from faceplate.domain.token_counts import count_in
from faceplate.domain.typed_results import (
    LOOSEST,
    NOT_STRICT,
    parse_result,
    repair_messages,
    response_format,
    result_invalid,
)
from faceplate.ports.chat import ChatBody
from faceplate.ports.checks import Checker, CheckResult
from faceplate.ports.prompt_catalog import CatalogProblem, PromptCatalog
from faceplate.ports.runtime import Runtime
from faceplate.ports.schemas import Schemas
from faceplate.services.completions import Completed, Completions
from faceplate.services.schema_refusals import SchemaRefusals

_SMALL_CHARS = 2048
"""Checks over less than this take less than the way to another thread and back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of an application.

    ``options`` are further members of the chat request (``temperature``, ``max_tokens``, ``seed``
    …); those that are not among `APP_OPTIONS` are left out. ``schema`` replaces the application's
    result schema by the caller's own.
    """

    slug: str
    input_text: str
    history: Sequence[Mapping[str, object]] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    typed: bool = False
    schema: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Prepared:
    """A run, ready to be asked; ``looseness`` is that of the schema in the body."""

    app: PromptApp
    run: Run
    body: ChatBody
    schema: Mapping[str, Any] | None
    looseness: int = 0

    @property
    def callers_say(self) -> bool:
        """Whether the caller had a hand in the schema."""
        return self.run.schema is not None or bool(self.run.parameters)


class Prompts:
    """The applications of the catalogue, run for keys within their limits."""

    def __init__(
        self,
        *,
        catalog: PromptCatalog,
        completions: Completions,
        checker: Checker,
        schemas: Schemas,
        runtime: Runtime,
    ) -> None:
        self._catalog = catalog
        self._completions = completions
        self._checker = checker
        self._schemas = schemas
        self._runtime = runtime
        self._refusals = SchemaRefusals(runtime)

    def list(self) -> Sequence[PromptApp]:
        """Return every application, by slug."""
        return self._catalog.list()

    def get(self, slug: str) -> PromptApp:
        """Return one application.

        Raises:
            NotFound: Code ``app_not_found``.
        """
        return self._catalog.get(slug)

    def has(self, name: str) -> bool:
        """Tell whether a model's name is an application's slug."""
        try:
            self._catalog.get(name)
        except NotFound:
            return False
        return True

    def problems(self) -> Sequence[CatalogProblem]:
        """Return what is wrong with applications that are left out."""
        return self._catalog.problems()

    async def run(self, run: Run, *, key: ApiKey) -> ChatBody:
        """Return the model's answer with ``result``, ``checks`` and ``request_meta_data``.

        A typed answer that does not fit its schema is sent back once to be mended.

        Raises:
            NotFound: Code ``app_not_found``.
            InvalidParameter: The input, a parameter, an option or the caller's schema breaks a
                rule.
            UpstreamFailed: Code ``result_invalid``: no proper result after one repair round.
            QuotaExceeded, UpstreamFailed, Busy, InvalidInput: As `Completions.complete`.
        """
        started_s = self._runtime.monotonic_s()
        ready = self._prepare(run)
        done = await self._ask(ready, key)
        answer, result, repaired = done.answer, None, False
        if ready.schema is not None:
            result, problems = self._read(ready, answer)
            if problems:
                repaired = True
                answer, result = await self._repair(ready, answer, problems, key, started_s)
        text = text_of(answer)
        checks = await self._check(ready, text, result)
        answer["result"] = text if ready.schema is None else result
        answer["checks"] = [_view(one) for one in checks]
        answer["request_meta_data"] = {
            "app": run.slug,
            **(answer.get("request_meta_data") or {}),
            "model": answer.get("model"),
            "cached": done.cached,
            "repaired": repaired,
            "duration_ms": round((self._runtime.monotonic_s() - started_s) * 1000, 1),
        }
        return answer

    async def stream(
        self, run: Run, *, key: ApiKey, with_result: bool
    ) -> AsyncGenerator[bytes, None]:
        """Answer as events; ``with_result`` adds one with result and checks before ``[DONE]``.

        What has been streamed cannot be mended: a result that does not fit its schema ends the
        stream with an error instead of ``[DONE]``.

        Raises:
            As `run`, at the first step or, once events have passed, at any later one.
        """
        started_s = self._runtime.monotonic_s()
        ready = self._prepare(run)
        if not with_result and ready.schema is None:
            async with contextlib.aclosing(self._open(ready, key)) as events:
                async for piece in events:
                    yield piece
            return
        heard = Heard()
        async with contextlib.aclosing(self._open(ready, key)) as events:
            async for piece in events:
                kept = piece.removesuffix(DONE)
                if kept:
                    yield kept
                    heard.hear(kept)
        result = self._result_of(ready, heard)
        if with_result:
            yield event(await self._sum_up(ready, heard.text, result, started_s))
        yield DONE

    async def _open(self, ready: _Prepared, key: ApiKey) -> AsyncGenerator[bytes, None]:
        while True:
            source = self._completions.stream(ready.body, key=key, app=ready.app.slug)
            try:
                first = await anext(source)
            except InvalidInput as exc:
                self._loosen(ready, exc)
            else:
                break
        async with contextlib.aclosing(source) as events:
            yield first
            async for piece in events:
                yield piece

    def _result_of(self, ready: _Prepared, heard: Heard) -> Any:
        """Return the result of a stream that has ended.

        Raises:
            UpstreamFailed: Code ``result_invalid``.
        """
        if ready.schema is None:
            return heard.text
        result, problems = self._judge(ready, heard.text, heard.finish_reason)
        if problems:
            raise result_invalid(problems)
        return result

    async def _sum_up(
        self, ready: _Prepared, text: str, result: Any, started_s: float
    ) -> dict[str, Any]:
        checks = await self._check(ready, text, result if ready.schema is not None else None)
        return {
            "object": "chat.completion.chunk",
            "choices": [],
            "result": result,
            "checks": [_view(one) for one in checks],
            "request_meta_data": {
                "app": ready.app.slug,
                "duration_ms": round((self._runtime.monotonic_s() - started_s) * 1000, 1),
            },
        }

    def _prepare(self, run: Run) -> _Prepared:
        app = self._catalog.get(run.slug)
        options = {name: value for name, value in run.options.items() if name in APP_OPTIONS}
        body: ChatBody = {
            "messages": render(app, run.parameters, run.input_text, run.history, typed=run.typed),
            "temperature": app.temperature,
        }
        if options.get("max_tokens") is None and options.get("max_completion_tokens") is None:
            body["max_tokens"] = app.max_tokens
        body.update({name: value for name, value in options.items() if value is not None})
        if not run.typed:
            return _Prepared(app, run, body, None)
        ready = _Prepared(app, run, body, self._schema_of(app, run))
        ready.looseness = min(self._refusals.looseness(run.slug), _loosest(run))
        self._constrain(ready)
        return ready

    def _schema_of(self, app: PromptApp, run: Run) -> Mapping[str, Any]:
        """Return the schema of a typed run; nothing has been asked yet when it is refused."""
        if run.schema is None:
            return result_schema_for(app, run.parameters)
        accept_schema(run.schema)
        problem = self._schemas.problem(run.schema)
        if problem is not None:
            raise wrong_schema(f"cannot be used: {problem}")
        return run.schema

    def _constrain(self, ready: _Prepared) -> None:
        assert ready.schema is not None  # noqa: S101 -- only typed runs come here
        wanted = response_format(ready.app.slug, ready.schema, ready.looseness)
        ready.body.pop("response_format", None)
        if wanted is not None:
            ready.body["response_format"] = wanted

    async def _ask(
        self, ready: _Prepared, key: ApiKey, deadline_s: float | None = None
    ) -> Completed:
        while True:
            try:
                done = await self._completions.complete(
                    ready.body, key=key, app=ready.app.slug, deadline_s=deadline_s
                )
            except InvalidInput as exc:
                self._loosen(ready, exc)
            else:
                make_sendable(done.answer)
                return done

    def _loosen(self, ready: _Prepared, refusal: InvalidInput) -> None:
        """Ask with a looser schema, or raise what was refused for another reason.

        The result is validated here either way. Only what a provider says to an application's own
        schema, with no value of a caller's in it, is remembered for the runs of others.
        """
        named = str(refusal.details.get("parameter")).startswith("response_format")
        if ready.schema is None or not named or refusal.code != "upstream_refused":
            raise refusal
        before = ready.body.get("response_format")
        while ready.body.get("response_format") == before:
            if ready.looseness >= _loosest(ready.run):
                raise refusal
            ready.looseness += 1
            self._constrain(ready)
        if not ready.callers_say:
            self._refusals.learn(ready.app.slug, ready.looseness)

    async def _repair(
        self,
        ready: _Prepared,
        answer: ChatBody,
        problems: Sequence[str],
        key: ApiKey,
        started_s: float,
    ) -> tuple[ChatBody, Any]:
        """Ask once more, with what was wrong, in the time that is left."""
        self._completions.forget(ready.body, key=key)
        gone_s = self._runtime.monotonic_s() - started_s
        left_s = max(1.0, self._completions.limits.deadline_s - gone_s)
        messages = repair_messages(ready.body["messages"], text_of(answer), problems)
        again = replace(ready, body={**ready.body, "messages": messages})
        second = (await self._ask(again, key, left_s)).answer
        result, still = self._read(again, second)
        if still:
            self._completions.forget(again.body, key=key)
            raise result_invalid(still)
        _add_usage(second, answer)
        return second, result

    def _read(self, ready: _Prepared, answer: ChatBody) -> tuple[Any, Sequence[str]]:
        return self._judge(ready, text_of(answer), first_choice(answer).get("finish_reason"))

    def _judge(
        self, ready: _Prepared, text: str, finish_reason: object
    ) -> tuple[Any, Sequence[str]]:
        assert ready.schema is not None  # noqa: S101 -- only typed runs come here
        result, problem = parse_result(text, finish_reason)
        if problem is not None:
            return None, [problem]
        if ready.callers_say and cost_of(ready.schema, result) is None:
            return None, ["The answer is too large to be checked against the schema."]
        return result, self._schemas.errors(ready.schema, result)

    async def _check(self, ready: _Prepared, text: str, result: Any) -> Sequence[CheckResult]:
        """Run the application's checks; over long texts beside the event loop."""
        if not ready.app.checks:
            return ()
        run = functools.partial(
            self._checker.run,
            ready.app,
            input_text=ready.run.input_text,
            parameters=ready.run.parameters,
            text=text,
            result=result if isinstance(result, dict) else None,
        )
        if len(ready.run.input_text) + len(text) <= _SMALL_CHARS:
            return run()
        return await asyncio.to_thread(run)


def _loosest(run: Run) -> int:
    """Return how far to go: without it, nothing would tell the model of a caller's schema."""
    return LOOSEST if run.schema is None else NOT_STRICT


def _view(check: CheckResult) -> dict[str, object]:
    return {"name": check.name, "passed": check.passed, "detail": check.detail}


def _add_usage(answer: ChatBody, first: ChatBody) -> None:
    """Let an answer's usage cover the round before it too: both were paid."""
    earlier, later = count_in(first.get("usage")), count_in(answer.get("usage"))
    if earlier is None or later is None:
        return
    prompt, completion = earlier.prompt + later.prompt, earlier.completion + later.completion
    answer["usage"] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
