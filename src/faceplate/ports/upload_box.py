"""A place outside of the service where pictures arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Arrived:
    """What lay under a name; ``data`` is None where it was larger than asked for, and not read.

    ``version`` tells it from what is sent under the same name later.
    """

    version: str
    data: bytes | None


class UploadBox(Protocol):
    """Take what is sent to signed addresses; names are chosen by senders and may be anything."""

    def address(self, name: str, *, lifetime: timedelta) -> str:
        """Return an address that takes a PUT for this name, without a key, for some time."""
        ...

    def holds(self, name: str) -> bool:
        """Tell whether something has arrived under a name."""
        ...

    def take(self, name: str, *, max_bytes: int) -> Arrived:
        """Return what has arrived under a name; it stays there until `discard`.

        Raises:
            NotFound: Nothing has (code ``blob_not_found``).
        """
        ...

    def discard(self, name: str, version: str | None = None) -> None:
        """Remove what has arrived under a name; nothing there is no error.

        With a ``version`` only that one: what has been sent since stays.
        """
        ...
