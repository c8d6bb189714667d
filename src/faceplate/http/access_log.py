"""One line of JSON for every request, of which busy moments write several at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import msgspec

ACCESS_LOGGER = "faceplate.access"
_logger = logging.getLogger(ACCESS_LOGGER)


class AccessLog:
    """Hand events to the logger in records of one or several lines.

    What ends within the same turn of the event loop goes out as one record: making and handling
    one costs more than all else about a line.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return _logger.isEnabledFor(logging.INFO)

    def note(self, event: Mapping[str, object]) -> None:
        """Log an event before the event loop waits for anything."""
        self._lines.append(msgspec.json.encode(event).decode())
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        _logger.info("\n".join(lines))
