"""Nearest faceprints, one dictionary a space: the plain form of what an index must answer."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from faceplate.domain.faces import Embedding


class MemoryVectors:
    """Compare with every vector in double precision; meant for thousands, not for millions."""

    def __init__(self) -> None:
        self._spaces: dict[str, dict[str, Embedding]] = {}
        self._lock = threading.Lock()

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
            ValueError: Not one row an id, or not as long as the vectors already there.
        """
        rows = np.zeros((0, 0), np.float32) if add_vectors is None else add_vectors
        if rows.ndim != 2 or len(rows) != len(add_ids):
            raise ValueError("add_vectors needs one row for every id")
        with self._lock:
            items = dict(self._spaces.get(space, {}))
            if items and len(rows) and next(iter(items.values())).shape != rows.shape[1:]:
                raise ValueError("vectors of a space have one length")
            for item_id in remove:
                items.pop(item_id, None)
            for item_id, row in zip(add_ids, rows, strict=True):
                items[item_id] = np.array(row, dtype=np.float32)
            if items:
                self._spaces[space] = items
            else:
                self._spaces.pop(space, None)

    def nearest(
        self, space: str, query: Embedding, *, limit: int, min_cosine: float
    ) -> Sequence[tuple[str, float]]:
        """Return up to ``limit`` ids with cosine at least ``min_cosine``, best first, then by id.

        Raises:
            ValueError: The query is not as long as the vectors of the space.
        """
        items = self._spaces.get(space)
        if not items:
            return []
        matrix = np.stack(list(items.values())).astype(np.float64)
        if query.shape != matrix.shape[1:]:
            raise ValueError("the query is not as long as the vectors of the space")
        cosines = np.minimum((matrix * query.astype(np.float64)).sum(axis=1), 1.0)
        ranked = sorted(zip(items, cosines.tolist(), strict=True), key=lambda at: (-at[1], at[0]))
        return [(item_id, cosine) for item_id, cosine in ranked if cosine >= min_cosine][
            : max(limit, 0)
        ]

    def get(self, space: str, item_id: str) -> Embedding | None:
        """Return a copy of one vector."""
        vector = self._spaces.get(space, {}).get(item_id)
        return None if vector is None else vector.copy()

    def count(self, space: str) -> int:
        """Return how many vectors the space holds."""
        return len(self._spaces.get(space, {}))

    def drop(self, space: str) -> None:
        """Forget a space and free its memory."""
        with self._lock:
            self._spaces.pop(space, None)
