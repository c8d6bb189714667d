"""The events of a response of OpenAI's Responses API, made of the chunks of a chat.

Source: OpenAI's API reference, "Streaming events".
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

from faceplate.domain.chat_answers import choices_in, sendable
from faceplate.domain.chat_events import chunks_in
from faceplate.domain.errors import FaceplateError, UpstreamFailed
from faceplate.http.answers import encode
from faceplate.http.openai_response_views import (
    blank,
    ended,
    logprobs_of,
    message_id,
    message_item,
    refusal_part,
    text_part,
)
from faceplate.http.openai_responses import in_words_of_responses


async def response_events(
    asked: Mapping[str, Any], response_id: str, chunks: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """Yield the events of a response while a chat's chunks come in.

    A result that turns out to be none, at the end, is a response that failed.

    Raises:
        As the chunks do; what has been yielded until then stands.
    """
    events = _Events(asked, response_id)
    async with contextlib.aclosing(chunks) as source:
        try:
            with in_words_of_responses():
                async for piece in source:
                    said = events.hear(piece)
                    if said:
                        yield said
        except UpstreamFailed as exc:
            if exc.code != "result_invalid":
                raise
            yield events.fail(exc)
            return
    yield events.end()


@dataclass(slots=True)
class _Part:
    """One part of the message while it grows: a text or a refusal."""

    kind: str
    pieces: list[str] = field(default_factory=list)
    logprobs: list[Any] = field(default_factory=list)

    @property
    def said(self) -> str:
        return sendable("".join(self.pieces))

    @property
    def view(self) -> dict[str, Any]:
        if self.kind == "refusal":
            return refusal_part(self.said)
        return text_part(self.said, self.logprobs)


@dataclass(slots=True)
class _Events:
    """The events of one response, numbered in their order."""

    asked: Mapping[str, Any]
    response_id: str
    parts: list[_Part] = field(default_factory=list)
    finish_reason: object = None
    usage: object = None
    number: int = 0

    def hear(self, chunks: bytes) -> bytes:
        """Return the events that some chunks of a chat make.

        Raises:
            UpstreamFailed: Code ``upstream_invalid_answer``.
        """
        said = b"" if self.number else self._begin()
        for _, chunk in chunks_in(chunks):
            if chunk is None:
                continue
            self.usage = chunk.get("usage") or self.usage
            for choice, delta in choices_in(chunk):
                self.finish_reason = choice.get("finish_reason") or self.finish_reason
                said += self._say("output_text", delta.get("content"), logprobs_of(choice))
                said += self._say("refusal", delta.get("refusal"), [])
        return said

    def end(self) -> bytes:
        """Return the events that close the part, its message and the response."""
        said = b"" if self.number else self._begin()
        if not self.parts:
            said += self._open("output_text")
        said += self._close()
        response = self._ended()
        said += self._event("output_item.done", output_index=0, item=response["output"][0])
        return said + self._event(response["status"], response=response)

    def fail(self, error: FaceplateError) -> bytes:
        """Return the event that ends a response whose result is none."""
        said = b"" if self.number else self._begin()
        response = {**self._ended(), "status": "failed", "incomplete_details": None}
        response["error"] = {"code": error.code, "message": error.message}
        return said + self._event("failed", response=response)

    def _ended(self) -> dict[str, Any]:
        parts = [part.view for part in self.parts]
        return ended(self.asked, self.response_id, parts, self.finish_reason, self.usage)

    def _begin(self) -> bytes:
        response = blank(self.asked, self.response_id, "in_progress")
        item = message_item(self.response_id, [], "in_progress")
        return (
            self._event("created", response=response)
            + self._event("in_progress", response=response)
            + self._event("output_item.added", output_index=0, item=item)
        )

    def _say(self, kind: str, piece: object, logprobs: list[Any]) -> bytes:
        if not isinstance(piece, str) or not piece:
            return b""
        said = b""
        if not self.parts or self.parts[-1].kind != kind:
            said = self._close() + self._open(kind)
        self.parts[-1].pieces.append(piece)
        self.parts[-1].logprobs += logprobs
        more: dict[str, Any] = {"logprobs": logprobs} if kind == "output_text" else {}
        return said + self._event(f"{kind}.delta", delta=piece, **more, **self._place)

    def _open(self, kind: str) -> bytes:
        self.parts.append(_Part(kind))
        return self._event("content_part.added", part=self.parts[-1].view, **self._place)

    def _close(self) -> bytes:
        if not self.parts:
            return b""
        part = self.parts[-1]
        done: dict[str, Any] = {"refusal": part.said}
        if part.kind == "output_text":
            done = {"text": part.said, "logprobs": part.logprobs}
        return self._event(f"{part.kind}.done", **done, **self._place) + self._event(
            "content_part.done", part=part.view, **self._place
        )

    @property
    def _place(self) -> dict[str, Any]:
        return {
            "item_id": message_id(self.response_id),
            "output_index": 0,
            "content_index": len(self.parts) - 1,
        }

    def _event(self, name: str, **members: Any) -> bytes:
        kind = f"response.{name}"
        data = encode({"type": kind, "sequence_number": self.number, **members})
        self.number += 1
        return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"
