"""One space: a matrix, the ids of its rows, and the search over both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from faceplate.adapters.exact.ids import PlainIds, RowIds
from faceplate.adapters.exact.matrix import ChunkedMatrix, Matrix, Rows
from faceplate.adapters.exact.uuids import UuidRows, pack_uuids
from faceplate.domain.faces import Embedding

_RANKED_AT_ONCE = 8_192


class Space:
    """Vectors of one length under distinct ids. Callers keep readers and writers apart."""

    def __init__(self, dimensions: int) -> None:
        self._matrix = ChunkedMatrix(dimensions)
        self._ids: RowIds = UuidRows()
        self._only_uuids = True

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._matrix.dimensions

    @property
    def size(self) -> int:
        """How many vectors there are."""
        return self._matrix.size

    def put(self, ids: Sequence[str], vectors: Matrix) -> None:
        """Overwrite or add vectors; of an id that is given twice the last counts."""
        if len(set(ids)) != len(ids):
            last = {one: position for position, one in enumerate(ids)}
            ids, vectors = list(last), vectors[list(last.values())]
        if self._only_uuids and pack_uuids(ids) is None:
            self._accept_any_ids()
        rows = self._ids.find(ids)
        there = np.flatnonzero(rows >= 0)
        self._matrix.put(rows[there], vectors[there])
        if len(there) == 0:
            self._matrix.append(vectors)
            self._ids.append(ids)
        elif len(there) < len(ids):
            new = np.flatnonzero(rows < 0)
            self._matrix.append(vectors[new])
            self._ids.append([ids[position] for position in new.tolist()])

    def _accept_any_ids(self) -> None:
        plain = PlainIds()
        plain.append(self._ids.name(np.arange(self.size)))
        self._ids, self._only_uuids = plain, False

    def remove(self, ids: Sequence[str]) -> None:
        """Take vectors out; ids that are not there are ignored."""
        rows = np.unique(self._ids.find(list(ids)))
        rows = rows[rows >= 0]
        if not len(rows):
            return
        size = self.size - len(rows)
        # The rows past the new end that stay move into the gaps before it.
        holes = rows[rows < size]
        movers = np.setdiff1d(np.arange(size, self.size), rows, assume_unique=True)
        self._matrix.put(holes, self._matrix.take(movers))
        self._ids.remove(rows, holes=holes, movers=movers)
        self._matrix.truncate(size)

    def get(self, item_id: str) -> Embedding | None:
        """Return a copy of one vector."""
        rows = self._ids.find([item_id])
        return None if rows[0] < 0 else self._matrix.take(rows)[0]

    def nearest(
        self, query: Embedding, *, limit: int, min_cosine: float
    ) -> list[tuple[str, float]]:
        """Return up to ``limit`` (id, cosine), best first, then by id."""
        rows = self._candidates(query, limit=limit, min_cosine=min_cosine)
        cosines = self._cosines(query, rows)
        keep = cosines >= min_cosine
        rows, cosines = rows[keep], cosines[keep]
        if len(rows) > limit:
            worst = np.partition(cosines, len(rows) - limit)[len(rows) - limit]
            keep = cosines >= worst
            rows, cosines = rows[keep], cosines[keep]
        found = zip(self._ids.name(rows), cosines.tolist(), strict=True)
        return sorted(found, key=lambda match: (-match[1], match[0]))[:limit]

    def _candidates(self, query: Embedding, *, limit: int, min_cosine: float) -> Rows:
        """Return rows among which the answer is for certain, in one pass in single precision."""
        query = np.ascontiguousarray(query, np.float32)
        # Twice the worst rounding error of a dot product of two vectors of length 1. Source:
        # Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., equation 3.5.
        margin = np.float32(self.dimensions * np.finfo(np.float32).eps)
        floor = np.float32(min_cosine) - margin
        found_rows: list[Rows] = []
        best = np.empty(0, np.float32)
        for start, block in self._matrix.blocks():
            # A product `block @ query` would wake BLAS threads, which cost more than they bring
            # (10 times slower when other work has the cores); row by row it stays in this one.
            scores = np.vecdot(block, query)
            hits = np.flatnonzero(scores >= floor)
            if not len(hits):
                continue
            found_rows.append(hits + start)
            best = np.concatenate([best, scores[hits]])
            if len(best) > limit:
                rows = np.concatenate(found_rows)
                nth = np.partition(best, len(best) - limit)[len(best) - limit]
                floor = max(floor, nth - 2 * margin)
                keep = best >= floor
                found_rows, best = [rows[keep]], best[keep]
        return np.concatenate(found_rows) if found_rows else np.empty(0, np.int64)

    def _cosines(self, query: Embedding, rows: Rows) -> npt.NDArray[np.float64]:
        """Compute cosines such that equal vectors have equal ones wherever they are stored.

        A matrix product does not promise that: rows at the edge of a tile take another path.
        """
        wide = query.astype(np.float64)
        cosines = np.empty(len(rows), np.float64)
        for start in range(0, len(rows), _RANKED_AT_ONCE):
            part = self._matrix.take(rows[start : start + _RANKED_AT_ONCE])
            cosines[start : start + len(part)] = (part * wide).sum(axis=1)
        return np.minimum(cosines, 1.0, out=cosines)
