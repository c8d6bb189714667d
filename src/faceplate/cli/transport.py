"""How a request reaches the REST API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """An answer whose body is still coming; closing ``pieces`` tells the API that nobody waits."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncGenerator[bytes, None]


class Transport(Protocol):
    """Carry one request to the API and its answer back. Used from one event loop."""

    @property
    def concurrency(self) -> int:
        """How many pictures are worth sending at a time."""
        ...

    @property
    def place(self) -> str:
        """Where the API is, for people."""
        ...

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Send a request; ``target`` is the percent-encoded path with its query.

        Raises:
            UpstreamFailed: Nobody answers (code ``server_unreachable``).
        """
        ...

    async def open(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> OpenAnswer:
        """Send a request as `send` does, and return once the answer has begun."""
        ...

    async def close(self) -> None:
        """Release everything; the transport is of no use afterwards."""
        ...
