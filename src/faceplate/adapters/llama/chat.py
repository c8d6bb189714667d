"""`LlamaChat`: the language model of this machine, as a chat."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from faceplate.adapters.llama.bodies import prepare_chat, prepare_response, read_object
from faceplate.adapters.llama.child import SLOTS
from faceplate.adapters.llama.child_process import start_child
from faceplate.adapters.llama.errors import CRASHED, HUNG, unsupported
from faceplate.adapters.llama.keeper import Start
from faceplate.adapters.llama.model_process import Connect, LlamaLimits, ModelProcess
from faceplate.adapters.llama.weights import LanguageModels
from faceplate.domain.errors import Busy, UpstreamFailed
from faceplate.ports.chat import CHAT, RESPONSES, Chat, ChatBody, ForwardedAnswer

Piece = TypeVar("Piece")
Ask: TypeAlias = Callable[[Chat, float], AsyncGenerator[Piece, None]]

NAME = "embedded"


class LlamaChat:
    """Answer chats with llama.cpp in a child process; see the port for what is raised.

    The process is started by the first request and started again when it dies, or is ended because
    it stopped answering. A request under which that happens is tried once more unless some of its
    answer is out already.
    """

    def __init__(
        self,
        models: LanguageModels,
        connect: Connect,
        limits: LlamaLimits,
        *,
        start: Start = start_child,
    ) -> None:
        self._limits = limits
        self._process = ModelProcess(models, connect, limits, start)

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        return NAME

    @property
    def surfaces(self) -> frozenset[str]:
        """What llama.cpp offers of OpenAI's API with a model that only writes."""
        return frozenset({CHAT, RESPONSES})

    @property
    def child_pid(self) -> int | None:
        """The number of the process that holds the model, when there is one."""
        child = self._process.child
        return None if child is None else child.pid

    async def complete(self, body: ChatBody, *, deadline_s: float) -> ChatBody:
        """Answer a chat as one ``chat.completion`` object."""
        own, left_out = self._own(body)

        async def ask(chat: Chat, left_s: float) -> AsyncGenerator[ChatBody, None]:
            yield await chat.complete(own, deadline_s=left_s)

        async with contextlib.aclosing(self._generate(ask, deadline_s)) as answers:
            answer = await anext(answers)
        answer.pop("timings", None)
        answer["request_meta_data"] = {
            "provider": NAME,
            **({"dropped_parameters": list(left_out)} if left_out else {}),
        }
        return answer

    def stream(self, body: ChatBody, *, deadline_s: float) -> AsyncGenerator[bytes, None]:
        """Answer a chat as server-sent events; closing the generator stops the model at once."""
        own, _ = self._own(body)
        return self._generate(lambda chat, left_s: chat.stream(own, deadline_s=left_s), deadline_s)

    async def forward(
        self, surface: str, body: bytes, content_type: str, *, deadline_s: float
    ) -> ForwardedAnswer:
        """Answer a chat, or the Responses API, that comes as bytes; there is nothing else."""
        if surface not in self.surfaces:
            raise unsupported(surface)
        if surface == CHAT:
            given = read_object(body)
            if given.get("stream") is True:
                events = self.stream(given, deadline_s=deadline_s)
                return ForwardedAnswer(200, "text/event-stream", events)
            whole = await self.complete(given, deadline_s=deadline_s)
            return ForwardedAnswer(200, "application/json", json.dumps(whole).encode())
        own = prepare_response(
            body,
            model=self._process.model,
            default_tokens=self._limits.default_tokens,
            most_tokens=self._limits.context_tokens,
        )

        async def ask(chat: Chat, left_s: float) -> AsyncGenerator[bytes, None]:
            answer = await chat.forward(RESPONSES, own, content_type, deadline_s=left_s)
            yield answer.content_type.encode()
            if isinstance(answer.body, bytes):
                yield answer.body
                return
            async with contextlib.aclosing(answer.body) as pieces:
                async for piece in pieces:
                    yield piece

        pieces = self._generate(ask, deadline_s)
        kind = (await anext(pieces)).decode()
        if kind.startswith("text/event-stream"):
            return ForwardedAnswer(200, kind, pieces)
        return ForwardedAnswer(200, kind, b"".join([piece async for piece in pieces]))

    async def models(self) -> Sequence[Mapping[str, Any]]:
        """List the one model that is embedded."""
        model = self._process.model
        return [{"id": model, "object": "model", "created": 0, "owned_by": "faceplate"}]

    async def ping(self) -> None:
        """Raise when no call could work; a model that is still to be fetched or loaded is fine."""
        await self._process.ping()

    async def close(self) -> None:
        """End the child process and a pull that is going on."""
        await self._process.close()

    def _own(self, body: ChatBody) -> tuple[ChatBody, Sequence[str]]:
        return prepare_chat(
            body,
            model=self._process.model,
            default_tokens=self._limits.default_tokens,
            most_tokens=self._limits.context_tokens,
            most_choices=SLOTS,
        )

    async def _generate(self, ask: Ask[Piece], deadline_s: float) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of an answer within one turn; begin again after a crash, once."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + deadline_s
        async with self._process.turn(ends_s):
            begun = False
            for last_try in (False, True):
                try:
                    async with self._process.connected(ends_s) as chat:
                        left_s = max(0.001, ends_s - loop.time())
                        async with contextlib.aclosing(ask(chat, left_s)) as pieces:
                            async for piece in pieces:
                                begun = True
                                yield piece
                except (UpstreamFailed, Busy) as exc:
                    if last_try or begun or exc.code not in {CRASHED, HUNG}:
                        raise
                else:
                    return
