"""Which id is in which row, for ids of any form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from faceplate.adapters.exact.matrix import Rows


class RowIds(Protocol):
    """The ids of a matrix, by row and by id."""

    def find(self, ids: Sequence[str]) -> Rows:
        """Return the row of each id, -1 for ids that are not there."""
        ...

    def append(self, ids: Sequence[str]) -> None:
        """Give the next rows to ids that are distinct and not there."""
        ...

    def remove(self, rows: Rows, *, holes: Rows, movers: Rows) -> None:
        """Forget the ids of ``rows``; then ids move from the rows ``movers`` to ``holes``."""
        ...

    def name(self, rows: Rows) -> list[str]:
        """Return the ids of rows."""
        ...


class PlainIds:
    """Any strings, about 150 bytes each."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}

    def find(self, ids: Sequence[str]) -> Rows:
        """Return the row of each id, -1 for ids that are not there."""
        return np.fromiter((self._rows.get(one, -1) for one in ids), np.int64, len(ids))

    def append(self, ids: Sequence[str]) -> None:
        """Give the next rows to ids that are distinct and not there."""
        for one in ids:
            self._rows[one] = len(self._ids)
            self._ids.append(one)

    def remove(self, rows: Rows, *, holes: Rows, movers: Rows) -> None:
        """Forget the ids of ``rows``; then ids move from the rows ``movers`` to ``holes``."""
        for row in rows.tolist():
            del self._rows[self._ids[row]]
        for hole, mover in zip(holes.tolist(), movers.tolist(), strict=True):
            one = self._ids[mover]
            self._ids[hole] = one
            self._rows[one] = hole
        del self._ids[len(self._ids) - len(rows) :]

    def name(self, rows: Rows) -> list[str]:
        """Return the ids of rows."""
        return [self._ids[row] for row in rows.tolist()]
