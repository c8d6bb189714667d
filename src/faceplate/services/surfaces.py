"""Everything a provider offers beside chats: sent on as it is, counted like the rest."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator

from faceplate.domain.errors import Unsupported
from faceplate.domain.keys import ApiKey
from faceplate.domain.token_counts import TokenCount, count_in, estimate_bytes
from faceplate.ports.chat import Chat, ForwardedAnswer
from faceplate.services.completions import ChatLimits
from faceplate.services.usage import Meter, Reservation

_TAIL_BYTES = 262_144
"""How much of a stream's end is kept: the figures are in its last events."""


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
        output_tokens: int | None = None,
    ) -> ForwardedAnswer:
        """Send a body on and bring back the answer; an iterator in it must be closed.

        ``output_tokens`` are reserved for the answer on top of the body's own.

        Raises:
            Unsupported: Code ``surface_unsupported``.
            QuotaExceeded: The key has no tokens left for it.
            UpstreamFailed, Busy, InvalidInput: As the provider says.
        """
        self.require(surface)
        estimate = estimate_bytes(len(body)) if _is_json(content_type) else 0
        reservation = await self._meter.reserve(key, surface, estimate + (output_tokens or 0))
        try:
            answer = await self._chat.forward(
                surface, body, content_type, deadline_s=self._limits.deadline_s
            )
        except BaseException:
            self._meter.settle(reservation, failed=True)
            raise
        if isinstance(answer.body, bytes):
            count = _count_whole(answer.body) if _is_json(answer.content_type) else None
            self._settle(reservation, count, estimate)
            return answer
        watched = self._watch(answer.body, reservation, estimate)
        return ForwardedAnswer(answer.status, answer.content_type, watched)

    async def _watch(
        self, source: AsyncGenerator[bytes, None], reservation: Reservation, estimate: int
    ) -> AsyncGenerator[bytes, None]:
        """Pass pieces on, and settle by the figures at their end."""
        tail = b""
        failed = True
        try:
            async with contextlib.aclosing(source) as pieces:
                async for piece in pieces:
                    tail = (tail + piece)[-_TAIL_BYTES:]
                    yield piece
            failed = False
        finally:
            self._settle(reservation, _count_events(tail), estimate, failed=failed)

    def _settle(
        self,
        reservation: Reservation,
        count: TokenCount | None,
        estimate: int,
        *,
        failed: bool = False,
    ) -> None:
        """Settle by the provider's figures; without any, by the estimate for the body."""
        if count is None:
            self._meter.settle(reservation, prompt_tokens=estimate, failed=failed)
        else:
            self._meter.settle(
                reservation,
                prompt_tokens=count.prompt,
                completion_tokens=count.completion,
                failed=failed,
            )


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _count_whole(body: bytes) -> TokenCount | None:
    if b'"usage"' not in body:
        return None
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return _count_of(found)


def _count_events(tail: bytes) -> TokenCount | None:
    """Find the last figures in the end of a stream of events, or in a JSON body sent in pieces."""
    for line in reversed(tail.split(b"\n")):
        if b'"usage"' not in line:
            continue
        try:
            count = _count_of(json.loads(line.removeprefix(b"data:")))
        except ValueError:
            continue
        if count is not None:
            return count
    return _count_whole(tail)


def _count_of(found: object) -> TokenCount | None:
    """Read figures at the top, or in the ``response`` that a Responses event carries."""
    if not isinstance(found, dict):
        return None
    inner = found.get("response")
    return count_in(found.get("usage")) or (
        count_in(inner.get("usage")) if isinstance(inner, dict) else None
    )
