"""An upload box in a dictionary; whoever holds it puts pictures into it."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from faceplate.domain.errors import NotFound
from faceplate.ports.upload_box import Arrived


class MemoryUploadBox:
    """Keep what arrives until the process ends. ``arrived`` is what was sent, by name."""

    def __init__(self) -> None:
        self.arrived: dict[str, bytes] = {}

    def address(self, name: str, *, lifetime: timedelta) -> str:
        """Return an address that nothing listens to."""
        return f"memory:{name}?seconds={lifetime.total_seconds():g}"

    def holds(self, name: str) -> bool:
        """Tell whether something has arrived under a name."""
        return name in self.arrived

    def take(self, name: str, *, max_bytes: int) -> Arrived:
        """Return what has arrived under a name.

        Raises:
            NotFound: Nothing has.
        """
        data = self.arrived.get(name)
        if data is None:
            raise NotFound("Nothing has arrived under this name.", code="blob_not_found")
        return Arrived(_version(data), data if len(data) <= max_bytes else None)

    def discard(self, name: str, version: str | None = None) -> None:
        """Remove what has arrived under a name."""
        data = self.arrived.get(name)
        if data is not None and version in {None, _version(data)}:
            del self.arrived[name]


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
