"""Chats: checked, counted, answered from memory where that is allowed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from faceplate.domain.chat_events import UsageWatch
from faceplate.domain.chat_requests import accept_chat
from faceplate.domain.errors import FaceplateError
from faceplate.domain.keys import ApiKey
from faceplate.domain.token_counts import (
    completion_limit,
    count_in,
    estimate_answer,
    estimate_prompt,
)
from faceplate.ports.chat import Chat, ChatBody
from faceplate.services.answer_cache import AnswerCache
from faceplate.services.usage import Meter, Reservation

UNCERTAIN = frozenset({"upstream_timeout", "upstream_cut_off"})
"""Failures after which the provider may have read the prompt, and will want to be paid."""


def may_be_billed(exc: BaseException) -> bool:
    """Tell whether a call that failed, or whose caller left, may cost its prompt all the same."""
    if isinstance(exc, FaceplateError):
        return exc.code in UNCERTAIN
    return isinstance(exc, asyncio.CancelledError)


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """``deadline_s`` bounds a whole call with its retries; ``max_output_tokens`` any answer."""

    deadline_s: float = 120.0
    max_output_tokens: int = 32_768
    reserved_output_tokens: int = 4_096
    """What is reserved for, and under a hard limit allowed to, an answer without a limit."""


@dataclass(frozen=True, slots=True)
class Completed:
    """An answer, and whether it was remembered."""

    answer: ChatBody
    cached: bool = False


class Completions:
    """Answer chats for keys, within their limits."""

    def __init__(
        self, *, chat: Chat, meter: Meter, limits: ChatLimits, cache: AnswerCache | None = None
    ) -> None:
        self._chat = chat
        self._meter = meter
        self._limits = limits
        self._cache = cache

    @property
    def remembers(self) -> bool:
        """Whether answers may come from memory."""
        return self._cache is not None

    @property
    def limits(self) -> ChatLimits:
        """The limits of every call."""
        return self._limits

    async def complete(
        self, body: ChatBody, *, key: ApiKey, app: str, deadline_s: float | None = None
    ) -> Completed:
        """Answer a chat whole.

        Raises:
            InvalidParameter: The request breaks a rule.
            QuotaExceeded: The key has no tokens left for it.
            UpstreamFailed, Busy, InvalidInput, Unsupported: As the model says.
        """
        asked = self._accept(body, key)
        asked.pop("stream", None)
        asked.pop("stream_options", None)
        place = None if self._cache is None else self._cache.place_of(key.key_id, asked)
        if self._cache is not None and place is not None:
            known = self._cache.find(place)
            if known is not None:
                reservation = await self._meter.reserve(key, app, 0)
                self._meter.settle(reservation, cached=True)
                return Completed(known, cached=True)
        answer = await self._counted(asked, key, app, deadline_s or self._limits.deadline_s)
        if self._cache is not None and place is not None:
            self._cache.keep(place, answer)
        return Completed(answer)

    def forget(self, body: ChatBody, *, key: ApiKey) -> None:
        """Drop an answer that turned out to be of no use, so that it is asked for anew."""
        place = None if self._cache is None else self._cache.place_of(key.key_id, body)
        if self._cache is not None and place is not None:
            self._cache.forget(place)

    async def stream(self, body: ChatBody, *, key: ApiKey, app: str) -> AsyncGenerator[bytes, None]:
        """Answer a chat as server-sent events; closing the generator cancels the upstream.

        Raises:
            As `complete`, at the first step or, once events have passed, at any later one.
        """
        asked = self._accept(body, key)
        options = asked.get("stream_options")
        options = options if isinstance(options, dict) else {}
        keep_usage = options.get("include_usage") is True
        asked["stream_options"] = {**options, "include_usage": True}
        asked["stream"] = True
        reservation = await self._reserve(asked, key, app)
        watch = UsageWatch(keep_usage=keep_usage)
        ended = False
        try:
            source = self._chat.stream(asked, deadline_s=self._limits.deadline_s)
            async with contextlib.aclosing(source) as events:
                async for piece in events:
                    kept = watch.look(piece)
                    if kept:
                        yield kept
            ended = True
        except FaceplateError as exc:
            if exc.code not in UNCERTAIN and not watch.estimated_completion:
                self._meter.settle(reservation, failed=True)
            raise
        finally:
            self._settle_stream(reservation, asked, watch, failed=not ended)

    def _settle_stream(
        self, reservation: Reservation, body: ChatBody, watch: UsageWatch, *, failed: bool
    ) -> None:
        count = watch.count
        self._meter.settle(
            reservation,
            prompt_tokens=estimate_prompt(body) if count is None else count.prompt,
            completion_tokens=watch.estimated_completion if count is None else count.completion,
            failed=failed,
        )

    async def _counted(self, body: ChatBody, key: ApiKey, app: str, deadline_s: float) -> ChatBody:
        reservation = await self._reserve(body, key, app)
        answer: ChatBody | None = None
        try:
            answer = await self._chat.complete(body, deadline_s=deadline_s)
        except BaseException as exc:
            if may_be_billed(exc):
                self._meter.settle(reservation, prompt_tokens=estimate_prompt(body), failed=True)
            raise
        finally:
            self._settle_answer(reservation, body, answer)
        return answer

    def _settle_answer(
        self, reservation: Reservation, body: ChatBody, answer: ChatBody | None
    ) -> None:
        count = None if answer is None else count_in(answer.get("usage"))
        if answer is None:
            self._meter.settle(reservation, failed=True)
        elif count is None:
            self._meter.settle(
                reservation,
                prompt_tokens=estimate_prompt(body),
                completion_tokens=estimate_answer(answer),
            )
        else:
            self._meter.settle(
                reservation, prompt_tokens=count.prompt, completion_tokens=count.completion
            )

    def _accept(self, body: ChatBody, key: ApiKey) -> ChatBody:
        asked = accept_chat(body, max_output_tokens=self._limits.max_output_tokens)
        if self._meter.is_hard(key) and completion_limit(asked) is None:
            asked["max_tokens"] = self._limits.reserved_output_tokens
        return asked

    async def _reserve(self, body: ChatBody, key: ApiKey, app: str) -> Reservation:
        if self._meter.limit_of(key) is None:
            return await self._meter.reserve(key, app, 0)
        answer = completion_limit(body) or self._limits.reserved_output_tokens
        return await self._meter.reserve(key, app, estimate_prompt(body) + answer)
