"""How many tokens: an estimate before a call, the provider's own figures after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faceplate.domain.chat_requests import MAX_ANSWERS

CHAT_LIMITS = ("max_completion_tokens", "max_tokens")
RESPONSE_LIMITS = ("max_output_tokens",)
EVERY_LIMIT = (*RESPONSE_LIMITS, *CHAT_LIMITS)
"""What bounds an answer, by the interface that is asked."""

_BYTES_FOR_EACH_TOKEN = 3
"""Byte-pair vocabularies average about four bytes a token in English prose and three in code or
Chinese; the smaller number, because too little reserved is a limit overrun."""

_FRAME_TOKENS = 4
"""What a message costs beside its text. Source: OpenAI's cookbook on counting tokens."""

_PICTURE_TOKENS = 1100
"""A picture in high detail. Source: OpenAI's guide: 85 + 170 for each of up to six tiles."""

_MOST_TOKENS = 10**9
"""More than any one call can take; a larger figure is a slip, and would spoil every sum."""


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


def completion_limit(body: Mapping[str, Any], names: Sequence[str] = CHAT_LIMITS) -> int | None:
    """Return how many tokens an answer may have, all its choices together; None where unlimited.

    Of several limits the largest counts: providers differ in which they obey. What is no number
    of tokens is no limit.
    """
    most = 0
    for name in names:
        value = body.get(name)
        if type(value) is int and value > most:
            most = value
    return most * answers_in(body) if most else None


def answers_in(body: Mapping[str, Any]) -> int:
    """Return how many answers a body asks for."""
    answers = body.get("n")
    return min(answers, MAX_ANSWERS) if type(answers) is int and answers > 1 else 1


def count_in(usage: object) -> TokenCount | None:
    """Read a provider's ``usage``, in the words of chats or of responses.

    None where there is none, or where it says something that is no number of tokens.
    """
    if not isinstance(usage, Mapping):
        return None
    prompt = usage.get("prompt_tokens", usage.get("input_tokens"))
    completion = usage.get("completion_tokens", usage.get("output_tokens"))
    if prompt is None and completion is None:
        return None
    read, written = _natural(prompt), _natural(completion)
    return None if read is None or written is None else TokenCount(read, written)


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


def _natural(value: object) -> int | None:
    """Read a number of tokens, also one written as 7.0; what is missing counts as none."""
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not 0 <= value <= _MOST_TOKENS or value != int(value):
        return None
    return int(value)
