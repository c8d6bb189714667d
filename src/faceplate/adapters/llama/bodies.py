"""What of a request goes to the embedded model, and with which limits."""

from __future__ import annotations

import json
from collections.abc import Sequence

from faceplate.domain.errors import InvalidInput, InvalidParameter
from faceplate.ports.chat import ChatBody

_CHAT_FIELDS = frozenset(
    {
        "messages",
        "temperature",
        "top_p",
        "n",
        "stop",
        "seed",
        "max_tokens",
        "frequency_penalty",
        "presence_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "response_format",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "stream_options",
    }
)
"""What llama.cpp understands of OpenAI's chat; its own fields (slots, grammars, files) stay out."""

_RESPONSE_FIELDS = frozenset(
    {
        "input",
        "instructions",
        "temperature",
        "top_p",
        "max_output_tokens",
        "text",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "stream",
    }
)

_OURS = frozenset({"model", "stream", "max_completion_tokens"})


def prepare_chat(
    body: ChatBody, *, model: str, default_tokens: int, most_tokens: int, most_choices: int
) -> tuple[ChatBody, Sequence[str]]:
    """Return the request as the embedded model takes it, and the names that were left out.

    Raises:
        InvalidParameter: More choices are asked for than can be generated side by side.
    """
    choices = body.get("n")
    if isinstance(choices, int) and choices > most_choices:
        raise InvalidParameter(
            f"The embedded model gives at most {most_choices} choices.", parameter="n"
        )
    kept = {name: value for name, value in body.items() if name in _CHAT_FIELDS}
    asked = body.get("max_completion_tokens") or body.get("max_tokens")
    kept["max_tokens"] = _bounded(asked, default_tokens, most_tokens)
    kept["model"] = model
    return kept, sorted(set(body) - _CHAT_FIELDS - _OURS)


def read_object(body: bytes) -> ChatBody:
    """Read a request that came as bytes.

    Raises:
        InvalidInput: It is no JSON object.
    """
    try:
        given = json.loads(body)
    except ValueError as exc:
        raise InvalidInput("The body is not valid JSON.", code="invalid_json") from exc
    if not isinstance(given, dict):
        raise InvalidInput("The body is not a JSON object.", code="invalid_json")
    return given


def prepare_response(body: bytes, *, model: str, default_tokens: int, most_tokens: int) -> bytes:
    """Return a request of the Responses API as the embedded model takes it.

    Raises:
        InvalidInput: It is no JSON object.
    """
    given = read_object(body)
    kept = {name: value for name, value in given.items() if name in _RESPONSE_FIELDS}
    kept["max_output_tokens"] = _bounded(
        given.get("max_output_tokens"), default_tokens, most_tokens
    )
    kept["model"] = model
    return json.dumps(kept).encode()


def _bounded(asked: object, default_tokens: int, most_tokens: int) -> int:
    """Return how many tokens an answer may have: without a bound a small model may never stop."""
    if not isinstance(asked, int) or isinstance(asked, bool) or asked < 1:
        return min(default_tokens, most_tokens)
    return min(asked, most_tokens)
