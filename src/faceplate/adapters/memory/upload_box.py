"""An upload box in a dictionary; whoever holds it puts pictures into it."""

from __future__ import annotations

from datetime import timedelta

from faceplate.domain.errors import ImageTooLarge, NotFound


class MemoryUploadBox:
    """Keep what arrives until the process ends. ``arrived`` is what was sent, by name."""

    def __init__(self) -> None:
        self.arrived: dict[str, bytes] = {}

    def address(self, name: str, *, lifetime: timedelta) -> str:
        """Return an address that nothing listens to."""
        return f"memory:{name}?seconds={lifetime.total_seconds():g}"

    def take(self, name: str, *, max_bytes: int) -> bytes:
        """Return what has arrived under a name.

        Raises:
            NotFound: Nothing has.
            ImageTooLarge: More than ``max_bytes``.
        """
        data = self.arrived.get(name)
        if data is None:
            raise NotFound("Nothing has arrived under this name.", code="blob_not_found")
        if len(data) > max_bytes:
            raise ImageTooLarge(f"The picture has more than {max_bytes} bytes.")
        return data

    def discard(self, name: str) -> None:
        """Remove what has arrived under a name."""
        self.arrived.pop(name, None)
