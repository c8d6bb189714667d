"""How a request reaches the REST API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


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

    async def close(self) -> None:
        """Release everything; the transport is of no use afterwards."""
        ...
