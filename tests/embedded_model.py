"""A chat over a stub child process, and what its tests need."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

from faceplate.adapters.llama.chat import LlamaChat
from faceplate.adapters.llama.child_process import start_child
from faceplate.adapters.llama.model_process import LlamaLimits
from faceplate.adapters.llama.weights import LanguageModels
from faceplate.adapters.openai.chat import OpenAiChat
from faceplate.adapters.openai.connections import Connections
from faceplate.adapters.openai.provider import Provider

STUB = (sys.executable, str(Path(__file__).with_name("stub_model_child.py")))


def connect(connections: Connections, base_url: str, api_key: str) -> OpenAiChat:
    provider = Provider("embedded", base_url, "unused", api_key, idle_s=60.0, retries=0)
    return OpenAiChat(provider, connections)


@contextlib.asynccontextmanager
async def open_chat(
    models: LanguageModels, limits: LlamaLimits, *, stub: bool = True
) -> AsyncIterator[LlamaChat]:
    connections = Connections(reuse=False)
    start = partial(start_child, command=STUB) if stub else start_child
    chat = LlamaChat(models, partial(connect, connections), limits, start=start)
    try:
        yield chat
    finally:
        await chat.close()
        await connections.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that happens in another process; the test's own time-out ends it."""
    while not condition():  # noqa: ASYNC110 -- nobody in this process could set an event
        await asyncio.sleep(0.005)


def ask(text: str, **more: object) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}], **more}
