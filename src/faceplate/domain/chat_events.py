"""Server-sent events of a chat: looked into only where something depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from faceplate.domain.chat_answers import choices_in, sendable
from faceplate.domain.token_counts import TokenCount, count_in

DONE = b"data: [DONE]\n\n"
_USAGE = (b'"usage":{', b'"usage": {')


def event(data: object) -> bytes:
    """Write one event."""
    return b"data: " + json.dumps(data, ensure_ascii=True).encode("ascii") + b"\n\n"


def chunks_in(events: bytes) -> Iterator[tuple[bytes, dict[str, Any] | None]]:
    """Yield each whole event with its JSON object; None for comments, ``[DONE]`` and the like."""
    for raw in events.split(b"\n\n"):
        if not raw.strip():
            continue
        data = b"\n".join(
            line[5:].strip() for line in raw.split(b"\n") if line.startswith(b"data:")
        )
        found: object = None
        if data.startswith(b"{"):
            try:
                found = json.loads(data)
            except (ValueError, RecursionError):
                found = None
        yield raw + b"\n\n", found if isinstance(found, dict) else None


class Heard:
    """What the first choice has said so far, as events pass by."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.finish_reason: object = None

    @property
    def text(self) -> str:
        """The text, with nothing in it that cannot be sent."""
        return sendable("".join(self._pieces))

    def hear(self, events: bytes) -> None:
        """Listen to whole events.

        Raises:
            UpstreamFailed: Code ``upstream_invalid_answer``.
        """
        for _, chunk in chunks_in(events):
            for choice, delta in choices_in(chunk or {}):
                self.finish_reason = choice.get("finish_reason") or self.finish_reason
                content = delta.get("content")
                if isinstance(content, str):
                    self._pieces.append(content)


class UsageWatch:
    """Count the tokens of a stream as it passes by."""

    def __init__(self, *, keep_usage: bool) -> None:
        self._keep_usage = keep_usage
        self._events = 0
        self.count: TokenCount | None = None
        """The provider's figures, once they have passed."""

    @property
    def estimated_completion(self) -> int:
        """About one token an event, for streams that ended without figures."""
        return self._events

    def look(self, events: bytes) -> bytes:
        """Return the events to pass on: without the figures, where nobody asked for them."""
        self._events += events.count(b"data:")
        if not any(mark in events for mark in _USAGE):
            return events
        kept = []
        for raw, chunk in chunks_in(events):
            found = None if chunk is None else count_in(chunk.get("usage"))
            if found is not None:
                self.count = found
            only_usage = found is not None and chunk is not None and not chunk.get("choices")
            if self._keep_usage or not only_usage:
                kept.append(raw)
        return b"".join(kept)
