"""A language model behind an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import aiohttp

from faceplate.adapters.openai import retries
from faceplate.adapters.openai.answers import completion_in, is_sound, may_be
from faceplate.adapters.openai.calls import JSON, Caller, Refused, decode, encode
from faceplate.adapters.openai.connections import Connections
from faceplate.adapters.openai.errors import cut_off, error_in, nonsense, refused, refused_inside
from faceplate.adapters.openai.provider import Provider
from faceplate.adapters.openai.refused import RefusedParameters, leave_out
from faceplate.adapters.openai.sse import DONE, EventCutter, split_error
from faceplate.domain.errors import FaceplateError, Unsupported
from faceplate.domain.media_types import is_events, is_json
from faceplate.ports.chat import CHAT, ChatBody, ForwardedAnswer

Result = TypeVar("Result")

EVENTS = "text/event-stream"
_QUESTION_S = 10.0
_LINGER_S = 0.2
"""How long a finished stream is given to end, so that its connection can be used again."""


class OpenAiChat:
    """Speak to one provider; all calls share one pool of connections.

    ``sleep`` waits between attempts; tests hand in one that does not.
    """

    def __init__(
        self,
        provider: Provider,
        connections: Connections,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._provider = provider
        self._connections = connections
        self._caller = Caller(provider, connections)
        self._refused = RefusedParameters()
        self._sleep = sleep

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        return self._provider.name

    @property
    def surfaces(self) -> frozenset[str]:
        """What the configuration says it offers."""
        return self._provider.surfaces

    async def complete(self, body: ChatBody, *, deadline_s: float) -> ChatBody:
        """Answer a chat as one ``chat.completion`` object."""
        ends_s = _now_s() + deadline_s
        response, dropped = await self._ask(body, ends_s, stream=False)
        data = await self._caller.read(response)
        answer = completion_in(data)
        if answer is None:
            raise self._not_an_answer(data, response.status)
        answer["request_meta_data"] = {
            "provider": self.name,
            **({"dropped_parameters": list(dropped)} if dropped else {}),
        }
        return answer

    async def stream(self, body: ChatBody, *, deadline_s: float) -> AsyncGenerator[bytes, None]:
        """Answer a chat as server-sent events, as they arrive."""
        response, _ = await self._ask(body, _now_s() + deadline_s, stream=True)
        if response.content_type != EVENTS:
            response.close()
            raise nonsense(self.name, response.status)
        cutter = EventCutter()
        async with contextlib.aclosing(self._caller.pieces(response)) as pieces:
            async for piece in pieces:
                try:
                    events = cutter.cut(piece)
                except ValueError as exc:
                    raise nonsense(self.name, response.status) from exc
                if not events:
                    continue
                events, wrong = split_error(events)
                if events:
                    yield events
                if wrong is not None:
                    raise refused_inside(self.name, wrong)
                if cutter.done:
                    await _let_end(response)
                    return
        if not cutter.ended_well:
            raise cut_off(self.name)
        yield DONE

    async def forward(
        self, surface: str, body: bytes, content_type: str, *, deadline_s: float
    ) -> ForwardedAnswer:
        """Send a body to a surface as it is, and bring back what it answers."""
        if surface not in self.surfaces:
            raise Unsupported(
                f"The provider {self.name} is configured without {surface}. Name a provider that "
                "offers it in FACEPLATE_CHAT__PROVIDERS.",
                code="surface_unsupported",
                details={"surface": surface},
            )
        ends_s = _now_s() + deadline_s

        async def send() -> aiohttp.ClientResponse:
            left_s = ends_s - _now_s()
            return await self._caller.send("POST", surface, body, content_type, left_s=left_s)

        response = await self._insist(send, ends_s, repeatable=False)
        kind = response.headers.get("content-type", "application/octet-stream")
        if not may_be(surface, kind):
            response.close()
            raise nonsense(self.name, response.status)
        if is_events(kind) or (response.content_length is None and not is_json(kind)):
            return ForwardedAnswer(response.status, kind, self._caller.pieces(response))
        data = await self._caller.read(response)
        if is_json(kind) and not is_sound(surface, data):
            raise self._not_an_answer(data, response.status)
        return ForwardedAnswer(response.status, kind, data)

    async def models(self) -> Sequence[Mapping[str, Any]]:
        """List the provider's models."""
        ends_s = _now_s() + _QUESTION_S

        async def send() -> aiohttp.ClientResponse:
            return await self._caller.send("GET", "models", None, JSON, left_s=ends_s - _now_s())

        response = await self._insist(send, ends_s, repeatable=True)
        data = await self._caller.read(response)
        with contextlib.suppress(ValueError):
            found = decode(data)
            items = found.get("data") if isinstance(found, dict) else None
            if isinstance(items, list):
                return [one for one in items if isinstance(one, dict) and "id" in one]
        raise nonsense(self.name, response.status)

    async def ping(self) -> None:
        """Raise when the provider does not list its models."""
        await self.models()

    async def close(self) -> None:
        """Close the connections of every provider of this pool."""
        await self._connections.close()

    async def _ask(
        self, body: ChatBody, ends_s: float, *, stream: bool
    ) -> tuple[aiohttp.ClientResponse, Sequence[str]]:
        """Ask for a completion; what the model refuses is left out, as far as it can be."""
        own = body if body.get("model") else {**body, "model": self._provider.model}
        if stream or "stream" in own:
            own = {**own, "stream": stream}
        dropped: list[str] = []

        async def send() -> aiohttp.ClientResponse:
            kept, dropped[:] = self._refused.without(own)
            while True:
                try:
                    return await self._caller.send(
                        "POST", CHAT, encode(kept), JSON, left_s=ends_s - _now_s()
                    )
                except Refused as exc:
                    name = self._refused.learn(kept, exc.refusal)
                    if name is None:
                        raise
                    kept = leave_out(kept, (name,))
                    dropped.append(name)

        return await self._insist(send, ends_s, repeatable=True), dropped

    async def _insist(
        self, send: Callable[[], Awaitable[Result]], ends_s: float, *, repeatable: bool
    ) -> Result:
        """Send, and send again where that is safe, within the deadline."""
        attempt = 0
        while True:
            try:
                return await send()
            except Refused as exc:
                error = refused(self.name, exc.refusal, exc.headers)
            except FaceplateError as exc:
                error = exc
            wait = None
            if attempt < self._provider.retries and retries.is_safe(error, repeatable=repeatable):
                wait = retries.wait_s(error, attempt, left_s=ends_s - _now_s())
            if wait is None:
                raise error
            await self._sleep(wait)
            attempt += 1

    def _not_an_answer(self, data: bytes, status: int) -> FaceplateError:
        with contextlib.suppress(ValueError):
            error = error_in(decode(data))
            if error is not None:
                return refused_inside(self.name, error)
        return nonsense(self.name, status)


def _now_s() -> float:
    return asyncio.get_running_loop().time()


async def _let_end(response: aiohttp.ClientResponse) -> None:
    with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout(_LINGER_S):
            await response.content.read()
