"""The model that runs: chosen, loaded in a child process, and spoken to one request at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeAlias

from faceplate.adapters.llama.child_process import ChildProcess, ModelOrder, has_ended
from faceplate.adapters.llama.errors import crashed, hung, missing, too_late, too_long
from faceplate.adapters.llama.fetcher import Fetcher
from faceplate.adapters.llama.keeper import Keeper, Start
from faceplate.adapters.llama.pulse import Pulse
from faceplate.adapters.llama.turns import Turns
from faceplate.adapters.llama.weights import ChosenModel, LanguageModels
from faceplate.domain.errors import Busy, InvalidInput, UpstreamFailed
from faceplate.ports.chat import Chat

Connect: TypeAlias = Callable[[str, str], Chat]
"""Makes a chat of a base URL and an API key; it must not retry, and must bear long silences."""

_TOO_LONG = "exceed_context_size_error"


@dataclass(frozen=True, slots=True)
class LlamaLimits:
    """What the embedded model may use.

    ``context_tokens`` is for question and answer together; ``default_tokens`` bounds an answer
    where the request does not; ``max_waiting`` requests may wait for the one that is answered.
    ``pull`` allows fetching missing weights. A process that lives says so within ``answer_s``.
    """

    threads: int
    context_tokens: int = 4096
    default_tokens: int = 1024
    max_waiting: int = 4
    pull: bool = False
    answer_s: float = 3.0


class ModelProcess:
    """Choose the model, keep its child process alive, and lead callers to it in turn."""

    def __init__(
        self, models: LanguageModels, connect: Connect, limits: LlamaLimits, start: Start
    ) -> None:
        self._models = models
        self._connect = connect
        self._limits = limits
        self._fetcher = Fetcher(models)
        self._keeper = Keeper(self._prepare, start)
        self._pulse = Pulse(limits.answer_s)
        self._turns = Turns(limits.max_waiting)
        self._line: tuple[ChildProcess, Chat] | None = None
        self._chosen: ChosenModel | None = None

    @property
    def model(self) -> str:
        """The name of the model that runs, or of the one that is wanted before any does."""
        return self._models.preferred if self._chosen is None else self._chosen.name

    @property
    def child(self) -> ChildProcess | None:
        """The process that holds the model, when there is one."""
        return self._keeper.child

    def turn(self, ends_s: float) -> AbstractAsyncContextManager[None]:
        """Wait for the turn until ``ends_s``, by the loop's clock, and hold it.

        Raises:
            Busy: Too many are waiting (code ``model_queue_full``).
            UpstreamFailed: The deadline came first (code ``upstream_timeout``).
        """
        return self._turns.one(ends_s)

    @contextlib.asynccontextmanager
    async def connected(self, ends_s: float) -> AsyncIterator[Chat]:
        """Wait for the model and lend the way to it; what goes wrong there is said in our terms.

        Raises:
            UpstreamFailed: The process died under the caller (code ``model_crashed``), or the
                deadline came first.
            Busy: The process stopped answering and was ended (code ``model_hung``).
            InvalidParameter: The request is too long (code ``context_length_exceeded``).
        """
        try:
            async with asyncio.timeout_at(ends_s):
                child = await self._keeper.get()
        except TimeoutError as exc:
            raise too_late() from exc
        if self._line is None or self._line[0] is not child:
            self._line = (child, self._connect(f"{child.url}/v1", child.api_key))
        try:
            async with self._pulse.watching(child):
                yield self._line[1]
        except UpstreamFailed as exc:
            if await has_ended(child):
                raise (hung() if self._pulse.has_stopped(child) else crashed()) from exc
            raise
        except InvalidInput as exc:
            if exc.details.get("provider_code") != _TOO_LONG:
                raise
            raise too_long(self._limits.context_tokens) from exc

    async def ping(self) -> None:
        """Raise when no call could work; a model that is still to be fetched or loaded is fine."""
        failure = self._keeper.failure
        if failure is not None and not isinstance(failure, Busy):
            raise failure
        if self.child is not None:
            if not await self._pulse.beats(self.child):
                raise hung()
        else:
            chosen = await asyncio.to_thread(self._models.choose)
            if chosen.path is None and not self._limits.pull:
                raise missing(chosen.name)

    async def close(self) -> None:
        """End the child process and a pull that is going on."""
        self._fetcher.abort()
        await self._keeper.close()
        if self._line is not None:
            await self._line[1].close()

    async def _prepare(self) -> ModelOrder:
        self._chosen = chosen = await self._choose()
        if chosen.path is None:
            raise missing(chosen.name)
        tokens = self._limits.context_tokens
        if chosen.entry is not None:
            tokens = min(tokens, chosen.entry.context_tokens)
        return ModelOrder(chosen.name, chosen.path, self._limits.threads, tokens)

    async def _choose(self) -> ChosenModel:
        """Return the model to run, beginning to fetch it where that is needed and allowed."""
        chosen = await asyncio.to_thread(self._models.choose)
        if self._limits.pull and (chosen.path is None or chosen.why):
            chosen = self._fetcher.require()
        if chosen.path is None:
            raise missing(chosen.name)
        return chosen
