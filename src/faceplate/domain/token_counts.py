"""How many tokens: an estimate before a call, the provider's own figures after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_BYTES_FOR_EACH_TOKEN = 3
"""Byte-pair vocabularies average about four bytes a token in English prose and three in code or
Chinese; the smaller number, because too little reserved is a limit overrun."""

_FRAME_TOKENS = 4
"""What a message costs beside its text. Source: OpenAI's cookbook on counting tokens."""

_PICTURE_TOKENS = 1100
"""A picture in high detail. Source: OpenAI's guide: 85 + 170 for each of up to six tiles."""


@dataclass(frozen=True, slots=True)
class TokenCount:
    """Tokens read and written."""

    prompt: int
    completion: int


def estimate_prompt(body: Mapping[str, Any]) -> int:
    """Estimate the tokens of a chat request's messages and tools, rather too many than too few."""
    messages = body.get("messages") or ()
    total = _FRAME_TOKENS * len(messages)
    for message in messages:
        content = message.get("content")
        if isinstance(content, str):
            # `estimate_text`, written out: every request comes by here.
            size_bytes = len(content) if content.isascii() else _utf8_bytes(content)
            total += -(-size_bytes // _BYTES_FOR_EACH_TOKEN)
        elif isinstance(content, list):
            total += sum(_estimate_part(part) for part in content)
    for name in ("tools", "functions", "response_format"):
        if body.get(name):
            total += estimate_text(str(body[name]))
    return total


def estimate_text(text: str) -> int:
    """Estimate the tokens of a text."""
    return estimate_bytes(len(text) if text.isascii() else _utf8_bytes(text))


def estimate_bytes(size_bytes: int) -> int:
    """Estimate the tokens of a body that is not looked into."""
    return -(-size_bytes // _BYTES_FOR_EACH_TOKEN)


def completion_limit(body: Mapping[str, Any]) -> int | None:
    """Return how many tokens an answer may have, all its choices together; None where unlimited."""
    for name in ("max_completion_tokens", "max_tokens"):
        value = body.get(name)
        if isinstance(value, int):
            answers = body.get("n")
            return value * (answers if isinstance(answers, int) else 1)
    return None


def count_in(usage: object) -> TokenCount | None:
    """Read a provider's ``usage``, in the words of chats or of responses; None when it has none."""
    if not isinstance(usage, Mapping):
        return None
    prompt = usage.get("prompt_tokens", usage.get("input_tokens"))
    completion = usage.get("completion_tokens", usage.get("output_tokens"))
    if prompt is None and completion is None:
        return None
    return TokenCount(_natural(prompt), _natural(completion))


def estimate_answer(answer: Mapping[str, Any]) -> int:
    """Estimate the tokens of an answer that came without usage."""
    total = 0
    for choice in answer.get("choices") or ():
        message = choice.get("message") if isinstance(choice, Mapping) else None
        if isinstance(message, Mapping):
            total += estimate_text(str(message.get("content") or ""))
            total += estimate_text(str(message.get("tool_calls") or ""))
    return total


def _utf8_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _estimate_part(part: object) -> int:
    if not isinstance(part, Mapping):
        return 0
    text = part.get("text")
    return estimate_text(text) if isinstance(text, str) else _PICTURE_TOKENS


def _natural(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0
