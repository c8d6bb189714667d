"""Who is changing a picture right now, across processes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Leases(Protocol):
    """Let one holder at a time at a picture. A holder that dies is forgotten after a while."""

    def holding(self, collection_id: str, key: str) -> AbstractContextManager[object]:
        """Hold a picture inside the block; wait a few seconds while somebody else does.

        Raises:
            Busy: It did not come free (code ``image_busy``).
        """
        ...
