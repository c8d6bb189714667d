"""An application's answer as a ``response`` of OpenAI's Responses API.

Source: OpenAI's API reference, "The response object".
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from faceplate.domain.chat_answers import first_choice
from faceplate.domain.token_counts import count_in

_End = tuple[str, str | None]
"""A status, and why a response is incomplete."""

_ENDED: _End = ("completed", None)
_ENDS: dict[str, _End] = {
    "length": ("incomplete", "max_output_tokens"),
    "content_filter": ("incomplete", "content_filter"),
}


def response_of(
    asked: Mapping[str, Any], response_id: str, answer: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an application's answer as a ``response``, with what is ours of it beside.

    Raises:
        UpstreamFailed: Code ``upstream_invalid_answer``.
    """
    choice = first_choice(answer)
    message = choice["message"]
    parts = parts_of(message.get("content"), message.get("refusal"), logprobs_of(choice))
    response = ended(asked, response_id, parts, choice.get("finish_reason"), answer.get("usage"))
    for name in ("result", "checks", "request_meta_data"):
        if name in answer:
            response[name] = answer[name]
    return response


def ended(
    asked: Mapping[str, Any],
    response_id: str,
    parts: Sequence[Mapping[str, Any]],
    finish_reason: object,
    usage: object,
) -> dict[str, Any]:
    """Return a response that says these parts, and whether that was all."""
    status, reason = _ENDED
    if isinstance(finish_reason, str):
        status, reason = _ENDS.get(finish_reason, _ENDED)
    response = blank(asked, response_id, status)
    response["output"] = [message_item(response_id, parts, status)]
    response["incomplete_details"] = reason and {"reason": reason}
    response["usage"] = _usage(usage)
    return response


def blank(asked: Mapping[str, Any], response_id: str, status: str) -> dict[str, Any]:
    """Return a response that has not said anything yet."""
    return {
        "id": response_id,
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "model": asked.get("model"),
        "output": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": asked.get("max_output_tokens"),
        "metadata": asked.get("metadata") or {},
        "parallel_tool_calls": False,
        "previous_response_id": None,
        "store": False,
        "temperature": asked.get("temperature"),
        "text": asked.get("text") or {"format": {"type": "text"}},
        "tool_choice": "none",
        "tools": [],
        "top_p": asked.get("top_p"),
        "truncation": "disabled",
        "usage": None,
    }


def message_item(
    response_id: str, parts: Sequence[Mapping[str, Any]], status: str
) -> dict[str, Any]:
    """Return the only item of a response's output."""
    return {
        "id": message_id(response_id),
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": list(parts),
    }


def message_id(response_id: str) -> str:
    """Return the id of the message in a response."""
    return response_id.replace("resp_", "msg_", 1)


def parts_of(text: object, refusal: object, logprobs: list[Any]) -> list[dict[str, Any]]:
    """Return what a message says: its text, and its refusal if it has one."""
    refused = [refusal_part(refusal)] if isinstance(refusal, str) and refusal else []
    if refused and not text:
        return refused
    return [text_part(text if isinstance(text, str) else "", logprobs), *refused]


def text_part(text: str, logprobs: list[Any]) -> dict[str, Any]:
    """Return a part of text."""
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs}


def refusal_part(refusal: str) -> dict[str, Any]:
    """Return a part that says why the model does not answer."""
    return {"type": "refusal", "refusal": refusal}


def logprobs_of(choice: Mapping[str, Any]) -> list[Any]:
    """Return the probabilities of a choice's tokens; none where it has none."""
    found = choice.get("logprobs")
    content = found.get("content") if isinstance(found, Mapping) else None
    return content if isinstance(content, list) else []


def _usage(given: object) -> dict[str, Any] | None:
    count = count_in(given)
    if count is None:
        return None
    cached = _detail(given, ("prompt_tokens_details", "input_tokens_details"), "cached_tokens")
    reasoned = _detail(
        given, ("completion_tokens_details", "output_tokens_details"), "reasoning_tokens"
    )
    return {
        "input_tokens": count.prompt,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": count.completion,
        "output_tokens_details": {"reasoning_tokens": reasoned},
        "total_tokens": count.prompt + count.completion,
    }


def _detail(usage: object, places: tuple[str, ...], name: str) -> int:
    """Return one of a provider's finer figures; 0 where it gives none."""
    for place in places:
        details = usage.get(place) if isinstance(usage, Mapping) else None
        found = details.get(name) if isinstance(details, Mapping) else None
        if isinstance(found, int) and not isinstance(found, bool):
            return max(0, found)
    return 0
