"""Language models, spoken to in OpenAI's own JSON."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

ChatBody: TypeAlias = dict[str, Any]
"""A ``chat/completions`` request or answer, as OpenAI defines it; nothing is retyped."""

CHAT = "chat/completions"
EMBEDDINGS = "embeddings"
MODERATIONS = "moderations"
IMAGES = "images/generations"
SPEECH = "audio/speech"
TRANSCRIPTIONS = "audio/transcriptions"
TRANSLATIONS = "audio/translations"
RESPONSES = "responses"

EVERY_SURFACE = frozenset(
    {CHAT, EMBEDDINGS, MODERATIONS, IMAGES, SPEECH, TRANSCRIPTIONS, TRANSLATIONS, RESPONSES}
)
"""The surfaces that can be forwarded, by their path below ``/v1``."""


@dataclass(frozen=True, slots=True)
class ForwardedAnswer:
    """The answer of another surface: a status below 400, and its body whole or in pieces.

    An iterator is closed by whoever takes it; closing it cancels the upstream at once.
    """

    status: int
    content_type: str
    body: bytes | AsyncGenerator[bytes, None]


class Chat(Protocol):
    """A language model, or several behind one another. Used from one event loop.

    A body without ``model`` gets the provider's own. An answer may carry ``request_meta_data``
    with ``provider`` and ``dropped_parameters``; nothing else is added to what the model said.

    ``deadline_s`` is what is left of the caller's time: past it a call ends with `UpstreamFailed`,
    code ``upstream_timeout``.

    Raises, from any method:
        InvalidInput: The provider refused the request itself; its code is in ``details``.
        Busy: It is overloaded, or our rate there is used up.
        UpstreamFailed: It failed, answered nonsense, or hung. ``details`` has its ``status`` and
            ``provider_code`` where there were any.
        Unsupported: Code ``surface_unsupported``: it cannot do this; the message says what to set.
        Misconfigured, ModelUnavailable: It cannot be spoken to as it is set up.
    """

    @property
    def name(self) -> str:
        """What the configuration calls it."""
        ...

    @property
    def surfaces(self) -> frozenset[str]:
        """Which of `EVERY_SURFACE` it offers."""
        ...

    async def complete(self, body: ChatBody, *, deadline_s: float) -> ChatBody:
        """Answer a chat as one ``chat.completion`` object."""
        ...

    def stream(self, body: ChatBody, *, deadline_s: float) -> AsyncGenerator[bytes, None]:
        r"""Answer a chat as server-sent events, as they arrive.

        Each item is one or more whole events, each ended by an empty line (``\n\n``), the last one
        ``data: [DONE]``. Closing the generator cancels the upstream at once. An error before the
        first event is raised by the first step. ``body`` has no need of ``"stream": true``.
        """
        ...

    async def forward(
        self, surface: str, body: bytes, content_type: str, *, deadline_s: float
    ) -> ForwardedAnswer:
        """Send a body to another surface as it is, and bring back what it answers."""
        ...

    async def models(self) -> Sequence[Mapping[str, Any]]:
        """List models as OpenAI's ``model`` objects."""
        ...

    async def ping(self) -> None:
        """Raise when the next call could not work."""
        ...

    async def close(self) -> None:
        """Let go of connections and processes; calling it twice is fine."""
        ...
