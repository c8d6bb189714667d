"""A language model that answers by rule: what you say is what it says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from faceplate.domain.errors import Unsupported
from faceplate.domain.token_counts import estimate_prompt, estimate_text
from faceplate.ports.chat import CHAT, ChatBody, ForwardedAnswer

_CREATED = 1_577_836_800


class MemoryChat:
    """Repeat the last user message, up to ``max_tokens`` words; the same in, the same out.

    Asked for JSON, it answers the smallest value that its schema allows. It needs no weights, no
    network and no key, which makes it the model of tests and of trying the plumbing out; its
    answers say nothing.
    """

    def __init__(self, name: str = "memory", model: str = "echo") -> None:
        self._name = name
        self._model = model

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        return self._name

    @property
    def surfaces(self) -> frozenset[str]:
        """Chats alone."""
        return frozenset({CHAT})

    async def complete(self, body: ChatBody, *, deadline_s: float) -> ChatBody:
        """Answer a chat as one ``chat.completion`` object."""
        del deadline_s
        text, finish_reason = _answer(body)
        choice = {
            "message": {"role": "assistant", "content": text, "refusal": None},
            "finish_reason": finish_reason,
            "logprobs": None,
        }
        answers = body.get("n") or 1
        return {
            **self._frame(body, "chat.completion"),
            "choices": [{"index": place, **choice} for place in range(answers)],
            "usage": _usage(body, text, answers),
            "request_meta_data": {"provider": self._name},
        }

    async def stream(self, body: ChatBody, *, deadline_s: float) -> AsyncGenerator[bytes, None]:
        """Answer a chat as server-sent events, a word each."""
        del deadline_s
        text, finish_reason = _answer(body)
        frame = self._frame(body, "chat.completion.chunk")

        def chunk(delta: Mapping[str, Any], reason: str | None = None) -> bytes:
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            return _event({**frame, "choices": [choice]})

        yield chunk({"role": "assistant", "content": ""})
        for word in _words(text):
            await asyncio.sleep(0)
            yield chunk({"content": word})
        yield chunk({}, finish_reason)
        if (body.get("stream_options") or {}).get("include_usage"):
            yield _event({**frame, "choices": [], "usage": _usage(body, text, 1)})
        yield b"data: [DONE]\n\n"

    async def forward(
        self, surface: str, body: bytes, content_type: str, *, deadline_s: float
    ) -> ForwardedAnswer:
        """Answer a chat that comes as bytes; there is nothing else.

        Raises:
            Unsupported: Any surface but chats.
        """
        del content_type
        if surface != CHAT:
            raise Unsupported(f"{self._name} answers chats only.", code="surface_unsupported")
        asked = json.loads(body)
        if asked.get("stream"):
            events = self.stream(asked, deadline_s=deadline_s)
            return ForwardedAnswer(200, "text/event-stream", events)
        answer = await self.complete(asked, deadline_s=deadline_s)
        del answer["request_meta_data"]
        return ForwardedAnswer(200, "application/json", json.dumps(answer).encode("ascii"))

    async def models(self) -> Sequence[Mapping[str, Any]]:
        """List the one model there is."""
        return [{"id": self._model, "object": "model", "created": _CREATED, "owned_by": self._name}]

    async def ping(self) -> None:
        """Do nothing: it is always there."""

    async def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def _frame(self, body: ChatBody, kind: str) -> dict[str, Any]:
        model = body.get("model") or self._model
        return {"id": "chatcmpl-memory", "object": kind, "created": _CREATED, "model": model}


def _answer(body: ChatBody) -> tuple[str, str]:
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    if schema is not None:
        return json.dumps(smallest(schema), ensure_ascii=False), "stop"
    said = [message for message in body["messages"] if message.get("role") == "user"]
    text = _text(said[-1].get("content")) if said else ""
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    words = _words(text)
    if isinstance(limit, int) and len(words) > limit:
        return "".join(words[:limit]), "length"
    return text, "stop"


def smallest(schema: Mapping[str, Any]) -> Any:
    """Return the smallest value of a JSON Schema: required members, least items, first choices."""
    if "const" in schema:
        return schema["const"]
    for several in ("enum", "anyOf", "oneOf"):
        if schema.get(several):
            first = schema[several][0]
            return first if several == "enum" else smallest(first)
    kind = schema.get("type", "object" if "properties" in schema else "null")
    return _SMALLEST[kind[0] if isinstance(kind, list) else kind](schema)


def _smallest_object(schema: Mapping[str, Any]) -> dict[str, Any]:
    members = schema.get("properties") or {}
    return {name: smallest(members.get(name, {})) for name in schema.get("required") or ()}


_SMALLEST: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "object": _smallest_object,
    "array": lambda schema: [
        smallest(schema.get("items") or {}) for _ in range(schema.get("minItems", 0))
    ],
    "string": lambda schema: "x" * schema.get("minLength", 0),
    "integer": lambda schema: max(schema.get("minimum", 0), 0),
    "number": lambda schema: max(schema.get("minimum", 0), 0),
    "boolean": lambda _: False,
    "null": lambda _: None,
}


def _words(text: str) -> list[str]:
    """Split after each space, so that the pieces joined are the text again."""
    return [word for word in text.replace(" ", " \0").split("\0") if word]


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "".join(part.get("text", "") for part in parts if isinstance(part, dict))


def _usage(body: ChatBody, text: str, answers: int) -> dict[str, int]:
    prompt, completion = estimate_prompt(body), estimate_text(text) * answers
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _event(data: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode("ascii") + b"\n\n"
