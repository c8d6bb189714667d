"""Run a prompt application: its prompt around the caller's input, its checks over the answer."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faceplate.domain.chat_events import DONE, event, text_in
from faceplate.domain.errors import InvalidInput, NotFound
from faceplate.domain.keys import ApiKey
from faceplate.domain.prompts import PromptApp, render, result_schema_for
from faceplate.domain.token_counts import count_in
from faceplate.domain.typed_results import (
    LOOSEST,
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

NOT_OPTIONS = frozenset({"model", "messages", "response_format", "stream"})
"""What an application decides, whatever a caller sends along."""

_SMALL_CHARS = 2048
"""Checks over less than this take less than the way to another thread and back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of an application.

    ``options`` are further members of the chat request (``temperature``, ``max_tokens``, ``seed``
    …). ``schema`` replaces the application's result schema by the caller's own.
    """

    slug: str
    input_text: str
    history: Sequence[Mapping[str, object]] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    typed: bool = False
    schema: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A run, ready to be asked."""

    app: PromptApp
    run: Run
    body: ChatBody
    schema: Mapping[str, Any] | None


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
        self._looseness: dict[str, int] = {}

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
            InvalidParameter: The input, a parameter or an option breaks a rule.
            UpstreamFailed: Code ``result_invalid``: no proper result after one repair round.
            QuotaExceeded, UpstreamFailed, Busy, InvalidInput: As `Completions.complete`.
        """
        started_s = self._runtime.monotonic_s()
        ready = self._prepare(run)
        done = await self._ask(ready, key)
        answer, result, repaired = done.answer, None, False
        if ready.schema is not None:
            result, problems = self._read(ready.schema, answer)
            if problems:
                repaired = True
                answer, result = await self._repair(ready, answer, problems, key, started_s)
        checks = await self._check(ready, _text_of(answer), result)
        answer["result"] = _text_of(answer) if ready.schema is None else result
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
        stream with an error.

        Raises:
            As `run`, at the first step or, once events have passed, at any later one.
        """
        started_s = self._runtime.monotonic_s()
        ready = self._prepare(run)
        if not with_result:
            async with contextlib.aclosing(self._open(ready, key)) as events:
                async for piece in events:
                    yield piece
            return
        said: list[bytes] = []
        async with contextlib.aclosing(self._open(ready, key)) as events:
            async for piece in events:
                said.append(piece)
                kept = piece.removesuffix(DONE)
                if kept:
                    yield kept
        yield event(await self._sum_up(ready, text_in(b"".join(said)), started_s))
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

    async def _sum_up(self, ready: _Prepared, text: str, started_s: float) -> dict[str, Any]:
        result: Any = text
        if ready.schema is not None:
            result, problems = self._judge(ready.schema, text, "stop")
            if problems:
                raise result_invalid(problems)
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
        options = {name: value for name, value in run.options.items() if name not in NOT_OPTIONS}
        body: ChatBody = {
            "messages": render(app, run.parameters, run.input_text, run.history, typed=run.typed),
            "temperature": app.temperature,
        }
        if options.get("max_tokens") is None and options.get("max_completion_tokens") is None:
            body["max_tokens"] = app.max_tokens
        body.update({name: value for name, value in options.items() if value is not None})
        if not run.typed:
            return _Prepared(app, run, body, None)
        schema = run.schema
        if schema is None:
            schema = result_schema_for(app, run.parameters)
        self._constrain(body, run.slug, schema)
        return _Prepared(app, run, body, schema)

    def _constrain(self, body: ChatBody, slug: str, schema: Mapping[str, Any]) -> None:
        wanted = response_format(slug, schema, self._looseness.get(slug, 0))
        body.pop("response_format", None)
        if wanted is not None:
            body["response_format"] = wanted

    async def _ask(
        self, ready: _Prepared, key: ApiKey, deadline_s: float | None = None
    ) -> Completed:
        while True:
            try:
                return await self._completions.complete(
                    ready.body, key=key, app=ready.app.slug, deadline_s=deadline_s
                )
            except InvalidInput as exc:
                self._loosen(ready, exc)

    def _loosen(self, ready: _Prepared, refusal: InvalidInput) -> None:
        """Ask with a looser schema from now on, or raise what was refused for another reason.

        The result is validated here either way.
        """
        slug = ready.app.slug
        looseness = self._looseness.get(slug, 0)
        named = str(refusal.details.get("parameter")).startswith("response_format")
        if ready.schema is None or not named or looseness >= LOOSEST:
            raise refusal
        self._looseness[slug] = looseness + 1
        self._constrain(ready.body, slug, ready.schema)

    async def _repair(
        self,
        ready: _Prepared,
        answer: ChatBody,
        problems: Sequence[str],
        key: ApiKey,
        started_s: float,
    ) -> tuple[ChatBody, Any]:
        """Ask once more, with what was wrong, in the time that is left."""
        assert ready.schema is not None  # noqa: S101 -- only typed runs come here
        self._completions.forget(ready.body, key=key)
        gone_s = self._runtime.monotonic_s() - started_s
        left_s = max(1.0, self._completions.limits.deadline_s - gone_s)
        messages = repair_messages(ready.body["messages"], _text_of(answer), problems)
        again = _Prepared(ready.app, ready.run, {**ready.body, "messages": messages}, ready.schema)
        second = (await self._ask(again, key, left_s)).answer
        result, still = self._read(ready.schema, second)
        if still:
            self._completions.forget(again.body, key=key)
            raise result_invalid(still)
        _add_usage(second, answer)
        return second, result

    def _read(self, schema: Mapping[str, Any], answer: ChatBody) -> tuple[Any, Sequence[str]]:
        choice = (answer.get("choices") or [{}])[0]
        return self._judge(schema, _text_of(answer), choice.get("finish_reason"))

    def _judge(
        self, schema: Mapping[str, Any], text: str, finish_reason: object
    ) -> tuple[Any, Sequence[str]]:
        result, problem = parse_result(text, finish_reason)
        if problem is not None:
            return None, [problem]
        return result, self._schemas.errors(schema, result)

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


def _text_of(answer: ChatBody) -> str:
    choices = answer.get("choices") or ()
    message = choices[0].get("message") if choices and isinstance(choices[0], dict) else None
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""


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
