"""What a chat request may say, whoever answers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from faceplate.domain.errors import InvalidParameter

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
MAX_ANSWERS = 128
"""Source: OpenAI's limit of ``n``."""

_RANGES = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "presence_penalty": (-2.0, 2.0),
    "frequency_penalty": (-2.0, 2.0),
}
"""Source: OpenAI's API reference."""

_INTEGERS = {"n": (1, MAX_ANSWERS), "seed": (-(2**63), 2**63 - 1), "top_logprobs": (0, 20)}
_TOKEN_LIMITS = frozenset({"max_tokens", "max_completion_tokens", "max_output_tokens"})
_ONLY_WITH = {
    "tools": ("tool_choice", "parallel_tool_calls"),
    "functions": ("function_call",),
}


def accept_chat(body: Mapping[str, Any], *, max_output_tokens: int) -> dict[str, Any]:
    """Return a request that may be sent on: numbers in range, roles known, nothing empty.

    An empty list of tools is left out, with the choice among them; providers refuse it.

    Raises:
        InvalidParameter: ``details['parameter']`` names the member.
    """
    accept_messages(body.get("messages"))
    accept_options(body, max_output_tokens=max_output_tokens)
    model = body.get("model")
    if model is not None and (not isinstance(model, str) or not 1 <= len(model) <= 256):
        raise _wrong("model", "must be a name of 1 to 256 characters")
    stream = body.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise _wrong("stream", "must be true or false")
    accepted = dict(body)
    for name, with_it in _ONLY_WITH.items():
        value = body.get(name)
        if value is not None and not isinstance(value, list):
            raise _wrong(name, "must be a list")
        if name in body and not value:
            for one in (name, *with_it):
                accepted.pop(one, None)
    return accepted


def accept_options(body: Mapping[str, Any], *, max_output_tokens: int) -> None:
    """Check the numbers that steer an answer.

    Raises:
        InvalidParameter: One is of the wrong kind or out of range.
    """
    for name, value in body.items():
        if value is None:
            continue
        if name in _RANGES:
            _accept_number(name, value, *_RANGES[name])
        elif name in _TOKEN_LIMITS:
            _accept_integer(name, value, 1, max_output_tokens)
        elif name in _INTEGERS:
            _accept_integer(name, value, *_INTEGERS[name])


def accept_messages(messages: object, roles: Iterable[str] = ROLES) -> None:
    """Check that there are messages, each with a role it may have.

    Raises:
        InvalidParameter: No list, an empty one, or a message without a proper role.
    """
    if not isinstance(messages, list) or not messages:
        raise _wrong("messages", "must be a list with at least one message")
    for place, message in enumerate(messages):
        if not isinstance(message, dict):
            raise _wrong(f"messages[{place}]", "must be an object with role and content")
        role = message.get("role")
        if not isinstance(role, str) or role not in roles:
            raise _wrong(f"messages[{place}].role", f"must be one of {', '.join(sorted(roles))}")


def _accept_number(name: str, value: object, low: float, high: float) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise _wrong(name, "must be a number")
    if not low <= value <= high:
        raise _wrong(name, f"must be from {low:g} to {high:g}")


def _accept_integer(name: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name, "must be a whole number")
    if not low <= value <= high:
        raise _wrong(name, f"must be from {low} to {high}")


def _wrong(name: str, rule: str) -> InvalidParameter:
    return InvalidParameter(f"{name} {rule}.", parameter=name)
