"""Nearest faceprints by looking at every one of them, as fast as memory can be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from faceplate.adapters.exact.locks import ReadersWriterLock
from faceplate.adapters.exact.space import Space
from faceplate.domain.faces import Embedding


class ExactVectors:
    """Search spaces of up to millions of vectors exactly; nothing is approximated or quantised."""

    def __init__(self) -> None:
        self._spaces: dict[str, Space] = {}
        self._lock = ReadersWriterLock()

    def replace(
        self,
        space: str,
        *,
        remove: Sequence[str] = (),
        add_ids: Sequence[str] = (),
        add_vectors: npt.NDArray[np.float32] | None = None,
    ) -> None:
        """Take ids out and put vectors in, as one change.

        Raises:
            ValueError: Not one row an id, or not as long as the vectors already there; nothing
                was changed.
        """
        rows = np.zeros((0, 0), np.float32) if add_vectors is None else add_vectors
        if rows.ndim != 2 or len(rows) != len(add_ids):
            raise ValueError("add_vectors needs one row for every id")
        with self._lock.writing():
            kept = self._spaces.get(space)
            if kept is not None and len(rows) and kept.dimensions != rows.shape[1]:
                raise ValueError("vectors of a space have one length")
            if kept is not None:
                kept.remove(remove)
            if len(rows):
                if kept is None:
                    kept = self._spaces[space] = Space(rows.shape[1])
                kept.put(add_ids, rows)
            if kept is not None and not kept.size:
                del self._spaces[space]

    def nearest(
        self, space: str, query: Embedding, *, limit: int, min_cosine: float
    ) -> Sequence[tuple[str, float]]:
        """Return up to ``limit`` ids with cosine at least ``min_cosine``, best first, then by id.

        Raises:
            ValueError: The query is not as long as the vectors of the space.
        Cost: one pass over the space, 30 ms for a million vectors of 192 on one core.
        """
        with self._lock.reading():
            kept = self._spaces.get(space)
            if kept is None or limit <= 0:
                return []
            if query.shape != (kept.dimensions,):
                raise ValueError("the query is not as long as the vectors of the space")
            return kept.nearest(query, limit=limit, min_cosine=min_cosine)

    def get(self, space: str, item_id: str) -> Embedding | None:
        """Return a copy of one vector."""
        with self._lock.reading():
            kept = self._spaces.get(space)
            return None if kept is None else kept.get(item_id)

    def count(self, space: str) -> int:
        """Return how many vectors the space holds."""
        with self._lock.reading():
            kept = self._spaces.get(space)
            return 0 if kept is None else kept.size

    def drop(self, space: str) -> None:
        """Forget a space and free its memory."""
        with self._lock.writing():
            self._spaces.pop(space, None)
