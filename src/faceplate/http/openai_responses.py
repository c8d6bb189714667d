"""Requests of OpenAI's Responses API for prompt applications, said in the words of chats.

Source: OpenAI's API reference, "Create a model response".
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from faceplate.domain.app_options import split_options
from faceplate.domain.caller_schemas import PARAMETER
from faceplate.domain.errors import FaceplateError, InvalidParameter
from faceplate.ports.chat import ChatBody

_SAME = (
    "temperature",
    "top_p",
    "top_logprobs",
    "user",
    "parameters",
    "result",
    "stream",
    "seed",
    "metadata",
    "service_tier",
    "prompt_cache_key",
    "safety_identifier",
)
_READ = frozenset(
    {
        *_SAME,
        "model",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "max_output_tokens",
        "text",
        "reasoning",
        "store",
        "stream_options",
    }
)
_NOT_KEPT = ("previous_response_id", "conversation", "background", "prompt")
_TEXT_PARTS = ("input_text", "output_text")


def chat_of(body: Mapping[str, Any]) -> ChatBody:
    """Return the chat request that means the same as a request for a response.

    Raises:
        InvalidParameter: Something that an application has no use for: instructions, tools, items
            that are no messages, or a conversation kept elsewhere.
    """
    for name in _NOT_KEPT:
        if body.get(name):
            raise _wrong(name, "is not offered: nothing is kept between requests. Send the history")
    if body.get("instructions"):
        raise _wrong("instructions", "cannot be given: an application has its own")
    if body.get("tools"):
        raise _wrong("tools", "cannot be given: an application has none")
    chat: ChatBody = {name: body[name] for name in _SAME if body.get(name) is not None}
    if body.get("top_logprobs") is not None:
        chat["logprobs"] = True
    chat.update(_reasoning(body.get("reasoning")))
    chat["model"] = body.get("model")
    chat["messages"] = _messages(body.get("input"))
    if body.get("max_output_tokens") is not None:
        chat["max_tokens"] = body["max_output_tokens"]
    wanted = _format(body.get("text"))
    if wanted is not None:
        chat["response_format"] = wanted
    return chat


def unread_in(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of members that an application has no use for, and leaves out.

    Raises:
        InvalidParameter: A member that would override the application.
    """
    options, dropped = split_options(body, _READ)
    return (*options, *dropped)


def _messages(given: object) -> list[dict[str, Any]]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, list) or not given:
        raise _wrong("input", "must be a text or a list of messages")
    messages = []
    for place, item in enumerate(given):
        if not isinstance(item, dict) or item.get("type", "message") != "message":
            raise _wrong(f"input[{place}]", "must be a message")
        content = item.get("content")
        if isinstance(content, list):
            content = [_part(part) for part in content]
        messages.append({"role": item.get("role"), "content": content})
    return messages


def _part(part: object) -> object:
    if isinstance(part, dict) and part.get("type") in _TEXT_PARTS:
        return {"type": "text", "text": part.get("text")}
    return part


def _reasoning(given: object) -> dict[str, Any]:
    if given is not None and not isinstance(given, dict):
        raise _wrong("reasoning", "must be an object")
    effort = (given or {}).get("effort")
    if effort is not None and not isinstance(effort, str):
        raise _wrong("reasoning.effort", "must be a text")
    return {} if effort is None else {"reasoning_effort": effort}


def _format(text: object) -> dict[str, Any] | None:
    """Return the ``response_format`` of a chat for the ``text`` of a response."""
    wanted = text.get("format") if isinstance(text, dict) else None
    if wanted is None and (text is None or isinstance(text, dict)):
        return None
    if not isinstance(wanted, dict):
        raise _wrong("text.format", "must be an object")
    if wanted.get("type") != "json_schema":
        return wanted
    described = {name: wanted[name] for name in ("name", "schema", "strict") if name in wanted}
    return {"type": "json_schema", "json_schema": described}


@contextlib.contextmanager
def in_words_of_responses() -> Iterator[None]:
    """Let errors about a caller's schema name the member that it came in.

    Raises:
        FaceplateError: As within.
    """
    try:
        yield
    except FaceplateError as exc:
        if exc.details.get("parameter") == PARAMETER:
            exc.details["parameter"] = "text.format"
        raise


def _wrong(name: str, rule: str) -> InvalidParameter:
    return InvalidParameter(f"{name} {rule}.", parameter=name)
