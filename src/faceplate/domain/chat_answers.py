"""What a provider's whole answer says, read without trusting its shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from faceplate.domain.errors import UpstreamFailed


def first_choice(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first choice of an answer; its ``message`` is an object.

    Raises:
        UpstreamFailed: Code ``upstream_invalid_answer``.
    """
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
        raise invalid_answer()
    return choice


def text_of(answer: Mapping[str, Any]) -> str:
    """Return the text of an answer's first choice; empty where it has none.

    Raises:
        UpstreamFailed: Code ``upstream_invalid_answer``.
    """
    content = first_choice(answer)["message"].get("content")
    return content if isinstance(content, str) else ""


def choices_in(chunk: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield what a chunk adds to the first choice: the choice, and its ``delta``.

    Raises:
        UpstreamFailed: Code ``upstream_invalid_answer``.
    """
    choices = chunk.get("choices") or ()
    if not isinstance(choices, (list, tuple)):
        raise invalid_answer()
    for choice in choices:
        delta = choice.get("delta") if isinstance(choice, dict) else 0
        if delta is not None and not isinstance(delta, dict):
            raise invalid_answer()
        if choice.get("index", 0) == 0:
            yield choice, delta or {}


def sendable(text: str) -> str:
    """Return a text that UTF-8 has room for: half a character becomes the replacement mark."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def make_sendable(answer: Mapping[str, Any]) -> None:
    """Replace halves of characters in what an answer's choices say."""
    for choice in answer.get("choices") or ():
        message = choice.get("message") if isinstance(choice, dict) else None
        for name in ("content", "refusal"):
            text = message.get(name) if isinstance(message, dict) else None
            if isinstance(message, dict) and isinstance(text, str):
                message[name] = sendable(text)


def invalid_answer() -> UpstreamFailed:
    """Make the error for an answer that is not what OpenAI's API defines."""
    return UpstreamFailed(
        "The language model answered something that is not OpenAI's API.",
        code="upstream_invalid_answer",
    )
