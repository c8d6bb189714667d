"""A place outside of the service where pictures arrive."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol


class UploadBox(Protocol):
    """Take what is sent to signed addresses; names are chosen by senders and may be anything."""

    def address(self, name: str, *, lifetime: timedelta) -> str:
        """Return an address that takes a PUT for this name, without a key, for some time."""
        ...

    def take(self, name: str, *, max_bytes: int) -> bytes:
        """Return what has arrived under a name; it stays there until `discard`.

        Raises:
            NotFound: Nothing has (code ``blob_not_found``).
            ImageTooLarge: More than ``max_bytes``; nothing was read.
        """
        ...

    def discard(self, name: str) -> None:
        """Remove what has arrived under a name; nothing there is no error."""
        ...
