"""Everything a provider offers beside chats: sent on as it is, counted like the rest."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from faceplate.domain.errors import Unsupported
from faceplate.domain.forwarded_figures import StreamFigures, count_whole, estimate_whole
from faceplate.domain.keys import ApiKey
from faceplate.domain.media_types import is_events, is_json
from faceplate.domain.token_counts import (
    CHAT_LIMITS,
    EVERY_LIMIT,
    RESPONSE_LIMITS,
    TokenCount,
    answers_in,
    completion_limit,
    estimate_bytes,
)
from faceplate.ports.chat import CHAT, RESPONSES, Chat, ForwardedAnswer
from faceplate.services.completions import ChatLimits, may_be_billed
from faceplate.services.usage import Meter, Reservation

_WRITING = {CHAT: CHAT_LIMITS, RESPONSES: RESPONSE_LIMITS}
"""The surfaces whose answers are written token by token, and what bounds those."""


class Surfaces:
    """Forward requests for keys, within their limits."""

    def __init__(self, *, chat: Chat, meter: Meter, limits: ChatLimits) -> None:
        self._chat = chat
        self._meter = meter
        self._limits = limits

    @property
    def offered(self) -> frozenset[str]:
        """The surfaces that are there."""
        return self._chat.surfaces

    def require(self, surface: str) -> None:
        """Check that a surface is there, before a body is read.

        Raises:
            Unsupported: Code ``surface_unsupported``.
        """
        if surface not in self._chat.surfaces:
            raise Unsupported(
                f"The configured language model ({self._chat.name}) does not offer {surface}. Set "
                "FACEPLATE_CHAT__BASE_URL and FACEPLATE_CHAT__API_KEY (or OPENAI_API_KEY) to a "
                "provider that does.",
                code="surface_unsupported",
                details={"surface": surface},
            )

    async def forward(
        self,
        surface: str,
        body: bytes,
        content_type: str,
        *,
        key: ApiKey,
        asked: Mapping[str, Any] | None = None,
    ) -> ForwardedAnswer:
        """Send a body on and bring back the answer; an iterator in it must be closed.

        ``asked`` is what the body says, where that is JSON. Under a hard limit a response without
        a limit of its own gets one; for a chat without one, which is passed on as it is, the most
        that any answer may have is reserved.

        Raises:
            Unsupported: Code ``surface_unsupported``.
            QuotaExceeded: The key has no tokens left for it.
            UpstreamFailed, Busy, InvalidInput: As the provider says.
        """
        self.require(surface)
        body, allowed = self._bounded(surface, body, asked or {}, key)
        estimate = estimate_bytes(len(body)) if is_json(content_type) else 0
        reservation = await self._meter.reserve(key, surface, estimate + allowed)
        try:
            answer = await self._chat.forward(
                surface, body, content_type, deadline_s=self._limits.deadline_s
            )
        except BaseException as exc:
            spent = estimate if may_be_billed(exc) else 0
            self._meter.settle(reservation, prompt_tokens=spent, failed=True)
            raise
        if not isinstance(answer.body, bytes):
            watched = self._watch(answer, answer.body, reservation, estimate)
            return ForwardedAnswer(answer.status, answer.content_type, watched)
        count = None
        if is_json(answer.content_type):
            count = count_whole(answer.body)
            if count is None and surface in _WRITING:
                count = TokenCount(estimate, estimate_whole(answer.body))
        self._settle(reservation, count or TokenCount(estimate, 0))
        return answer

    def _bounded(
        self, surface: str, body: bytes, asked: Mapping[str, Any], key: ApiKey
    ) -> tuple[bytes, int]:
        """Return the body to send, and how many tokens its answer may have."""
        own = _WRITING.get(surface)
        if own is None:
            return body, 0
        named = completion_limit(asked, EVERY_LIMIT) or 0
        if completion_limit(asked, own) is not None:
            return body, named
        default = self._limits.reserved_output_tokens
        if not self._meter.is_hard(key):
            return body, max(named, default)
        if surface == RESPONSES:
            return json.dumps({**asked, "max_output_tokens": default}).encode(), max(named, default)
        return body, max(named, self._limits.max_output_tokens * answers_in(asked))

    async def _watch(
        self,
        answer: ForwardedAnswer,
        source: AsyncGenerator[bytes, None],
        reservation: Reservation,
        estimate: int,
    ) -> AsyncGenerator[bytes, None]:
        """Pass pieces on, and settle by the figures at their end; without any, by the events."""
        figures = StreamFigures()
        failed = True
        try:
            async with contextlib.aclosing(source) as pieces:
                async for piece in pieces:
                    figures.add(piece)
                    yield piece
            failed = False
        finally:
            events = reservation.app in _WRITING and is_events(answer.content_type)
            written = figures.estimated_completion if events else 0
            count = figures.count or TokenCount(estimate, written)
            self._settle(reservation, count, failed=failed)

    def _settle(self, reservation: Reservation, count: TokenCount, *, failed: bool = False) -> None:
        self._meter.settle(
            reservation,
            prompt_tokens=count.prompt,
            completion_tokens=count.completion,
            failed=failed,
        )
