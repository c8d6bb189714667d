"""What every language model promises: the shipped fake, and a provider over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

import stub_provider
from embedded_model import STUB
from faceplate.adapters.llama.chat import LlamaChat
from faceplate.adapters.llama.child_process import start_child
from faceplate.adapters.llama.model_process import LlamaLimits
from faceplate.adapters.llama.weights import LanguageModels
from faceplate.adapters.memory.artifacts import MemoryArtifacts
from faceplate.adapters.memory.chat import MemoryChat
from faceplate.domain.errors import Unsupported
from faceplate.ports.chat import CHAT, EMBEDDINGS, Chat
from faceplate.services.deferred_chat import DeferredChat
from faceplate.services.fallback import FallbackChat
from text_build import openai_chat

Result = TypeVar("Result")
BODY: dict[str, Any] = {"messages": [{"role": "user", "content": "one two three"}]}
DEADLINE_S = 20.0


@pytest.fixture(params=["memory", "openai", "fallback", "deferred", "llama"])
def chat(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chat]:
    if request.param == "memory":
        yield MemoryChat()
        return
    with stub_provider.running() as stub:
        provider = openai_chat(stub.base_url, surfaces=frozenset({CHAT}))
        if request.param == "openai":
            yield provider
        elif request.param == "llama":
            yield _embedded(provider, tmp_path)
        elif request.param == "fallback":
            yield FallbackChat([provider, MemoryChat()])
        else:
            yield DeferredChat(lambda: provider, name="later", surfaces=provider.surfaces)


def _embedded(provider: Chat, folder: Path) -> Chat:
    """The embedded model's chat, with a child that runs and a provider that speaks for it."""
    file = folder / "tiny.gguf"
    file.write_bytes(b"GGUF")
    models = LanguageModels(folder, MemoryArtifacts({}), own_file=file)
    start = partial(start_child, command=STUB)
    return LlamaChat(models, lambda _url, _key: provider, LlamaLimits(threads=1), start=start)


def use(chat: Chat, work: Callable[[], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        try:
            return await work()
        finally:
            await chat.close()

    return asyncio.run(run())


def test_it_has_a_name_and_chats(chat: Chat) -> None:
    assert chat.name
    assert CHAT in chat.surfaces


def test_an_answer_is_a_completion(chat: Chat) -> None:
    answer = use(chat, lambda: chat.complete(dict(BODY), deadline_s=DEADLINE_S))
    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"]["content"] == "one two three"
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] > 0
    assert answer["request_meta_data"]["provider"]
    assert answer["model"]


def test_a_stream_is_whole_events(chat: Chat) -> None:
    async def read() -> list[bytes]:
        return [piece async for piece in chat.stream(dict(BODY), deadline_s=DEADLINE_S)]

    pieces = use(chat, read)
    assert all(piece.endswith(b"\n\n") for piece in pieces)
    events = b"".join(pieces).split(b"\n\n")[:-1]
    assert events[-1] == b"data: [DONE]"
    chunks = [json.loads(event[6:]) for event in events[:-1]]
    said = "".join(
        choice["delta"].get("content") or "" for one in chunks for choice in one["choices"]
    )
    assert said == "one two three"


def test_a_stream_tells_usage_when_asked(chat: Chat) -> None:
    body = {**BODY, "stream_options": {"include_usage": True}}

    async def read() -> bytes:
        return b"".join([piece async for piece in chat.stream(body, deadline_s=DEADLINE_S)])

    assert b'"total_tokens"' in use(chat, read)


def test_a_stream_can_be_left(chat: Chat) -> None:
    async def read() -> bytes:
        async with contextlib.aclosing(chat.stream(dict(BODY), deadline_s=DEADLINE_S)) as events:
            return await anext(events)

    assert use(chat, read).startswith(b"data: {")


def test_what_is_not_offered_is_unsupported(chat: Chat) -> None:
    with pytest.raises(Unsupported) as refused:
        use(
            chat,
            lambda: chat.forward(EMBEDDINGS, b"{}", "application/json", deadline_s=DEADLINE_S),
        )
    assert refused.value.code == "surface_unsupported"


def test_a_chat_can_be_forwarded_as_bytes(chat: Chat) -> None:
    body = json.dumps(BODY).encode()

    async def forward() -> tuple[int, bytes]:
        answer = await chat.forward(CHAT, body, "application/json", deadline_s=DEADLINE_S)
        assert answer.content_type.startswith("application/json")
        assert isinstance(answer.body, bytes)
        return answer.status, answer.body

    status, found = use(chat, forward)
    assert (status, json.loads(found)["object"]) == (200, "chat.completion")


def test_models_are_openais_objects(chat: Chat) -> None:
    models = use(chat, chat.models)
    assert models
    assert all(model["object"] == "model" and model["id"] for model in models)


def test_ping_and_close_twice(chat: Chat) -> None:
    async def both() -> None:
        await chat.ping()
        await chat.close()

    use(chat, both)
