"""OpenAI's Responses API for prompt applications: said in the words of chats, and back.

Source: OpenAI's API reference, "Responses" and "Streaming events".
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

from faceplate.domain.chat_events import chunks_in
from faceplate.domain.errors import InvalidParameter
from faceplate.domain.token_counts import count_in
from faceplate.http.answers import encode
from faceplate.ports.chat import ChatBody

_SAME = ("temperature", "top_p", "top_logprobs", "user", "parameters", "result", "stream", "seed")
_NOT_KEPT = ("previous_response_id", "conversation", "background", "prompt")
_TEXT_PARTS = frozenset({"input_text", "output_text"})


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
    chat["model"] = body.get("model")
    chat["messages"] = _messages(body.get("input"))
    if body.get("max_output_tokens") is not None:
        chat["max_tokens"] = body["max_output_tokens"]
    wanted = _format(body.get("text"))
    if wanted is not None:
        chat["response_format"] = wanted
    return chat


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


def response_of(
    asked: Mapping[str, Any], response_id: str, answer: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an application's answer as a ``response``, with what is ours of it beside."""
    choice = (answer.get("choices") or [{}])[0]
    text = (choice.get("message") or {}).get("content") or ""
    cut = choice.get("finish_reason") == "length"
    response = _response(asked, response_id, "incomplete" if cut else "completed")
    response["output"] = [_message(response_id, text, response["status"])]
    response["incomplete_details"] = {"reason": "max_output_tokens"} if cut else None
    response["usage"] = _usage(answer.get("usage"))
    for name in ("result", "checks", "request_meta_data"):
        if name in answer:
            response[name] = answer[name]
    return response


async def response_events(
    asked: Mapping[str, Any], response_id: str, chunks: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """Yield the events of a response while a chat's chunks come in.

    Raises:
        As the chunks do; what has been yielded until then stands.
    """
    events = _Events(asked, response_id)
    async with contextlib.aclosing(chunks) as source:
        async for piece in source:
            said = events.hear(piece)
            if said:
                yield said
    yield events.end()


@dataclass(slots=True)
class _Events:
    """The events of one response, numbered in their order."""

    asked: Mapping[str, Any]
    response_id: str
    pieces: list[str] = field(default_factory=list)
    finish_reason: str | None = None
    usage: object = None
    number: int = 0

    def hear(self, chunks: bytes) -> bytes:
        """Return the events that some chunks of a chat make."""
        said = b"" if self.number else self._begin()
        for _, chunk in chunks_in(chunks):
            if chunk is None:
                continue
            self.usage = chunk.get("usage") or self.usage
            for choice in chunk.get("choices") or ():
                self.finish_reason = choice.get("finish_reason") or self.finish_reason
                delta = (choice.get("delta") or {}).get("content")
                if delta and choice.get("index", 0) == 0:
                    self.pieces.append(delta)
                    said += self._event(
                        "output_text.delta", delta=delta, logprobs=[], **self._place
                    )
        return said

    def end(self) -> bytes:
        """Return the events that close the text, its part, its message and the response."""
        said = b"" if self.number else self._begin()
        text = "".join(self.pieces)
        message = {"content": text}
        choice = {"message": message, "finish_reason": self.finish_reason}
        answer = {"choices": [choice], "usage": self.usage}
        response = response_of(self.asked, self.response_id, answer)
        item = response["output"][0]
        said += self._event("output_text.done", text=text, logprobs=[], **self._place)
        said += self._event("content_part.done", part=item["content"][0], **self._place)
        said += self._event("output_item.done", output_index=0, item=item)
        return said + self._event(response["status"], response=response)

    def _begin(self) -> bytes:
        response = _response(self.asked, self.response_id, "in_progress")
        item = {**_message(self.response_id, "", "in_progress"), "content": []}
        return (
            self._event("created", response=response)
            + self._event("in_progress", response=response)
            + self._event("output_item.added", output_index=0, item=item)
            + self._event("content_part.added", part=_text(""), **self._place)
        )

    @property
    def _place(self) -> dict[str, Any]:
        return {"item_id": _message_id(self.response_id), "output_index": 0, "content_index": 0}

    def _event(self, name: str, **members: Any) -> bytes:
        kind = f"response.{name}"
        data = encode({"type": kind, "sequence_number": self.number, **members})
        self.number += 1
        return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"


def _response(asked: Mapping[str, Any], response_id: str, status: str) -> dict[str, Any]:
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


def _message(response_id: str, text: str, status: str) -> dict[str, Any]:
    return {
        "id": _message_id(response_id),
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": [_text(text)],
    }


def _message_id(response_id: str) -> str:
    return response_id.replace("resp_", "msg_", 1)


def _text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(given: object) -> dict[str, Any] | None:
    count = count_in(given)
    if count is None:
        return None
    return {
        "input_tokens": count.prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": count.completion,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": count.prompt + count.completion,
    }


def _wrong(name: str, rule: str) -> InvalidParameter:
    return InvalidParameter(f"{name} {rule}.", parameter=name)
