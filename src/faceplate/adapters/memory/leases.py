"""Leases within one process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from faceplate.domain.errors import Busy

_WAIT_S = 5.0


class MemoryLeases:
    """Remember who holds what, until the process ends."""

    def __init__(self, *, wait_s: float = _WAIT_S) -> None:
        self._wait_s = wait_s
        self._held: set[tuple[str, str]] = set()
        self._changed = threading.Condition()

    @contextmanager
    def holding(self, collection_id: str, key: str) -> Iterator[None]:
        """Hold a picture inside the block.

        Raises:
            Busy: It did not come free (code ``image_busy``).
        """
        place = (collection_id, key)
        with self._changed:
            if not self._changed.wait_for(lambda: place not in self._held, self._wait_s):
                raise Busy("Somebody else is changing this picture.", code="image_busy")
            self._held.add(place)
        try:
            yield
        finally:
            with self._changed:
                self._held.discard(place)
                self._changed.notify_all()
