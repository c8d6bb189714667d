"""The provider's models, asked for now and then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faceplate.domain.errors import FaceplateError
from faceplate.ports.chat import Chat
from faceplate.ports.runtime import Runtime

_KEPT_S = 60.0
_KEPT_AFTER_FAILURE_S = 5.0


class ModelList:
    """Remember what models there are for a minute; without an answer, there are none for now."""

    def __init__(self, *, chat: Chat, runtime: Runtime) -> None:
        self._chat = chat
        self._runtime = runtime
        self._known: Sequence[Mapping[str, Any]] = ()
        self._until_s = float("-inf")

    async def list(self) -> Sequence[Mapping[str, Any]]:
        """Return the provider's models as OpenAI's objects; never raises a provider's failure."""
        if self._runtime.monotonic_s() < self._until_s:
            return self._known
        kept_s = _KEPT_S
        try:
            self._known = await self._chat.models()
        except FaceplateError:
            self._known, kept_s = (), _KEPT_AFTER_FAILURE_S
        self._until_s = self._runtime.monotonic_s() + kept_s
        return self._known
