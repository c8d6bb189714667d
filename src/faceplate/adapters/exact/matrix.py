"""A matrix of faceprints that grows and shrinks without ever being copied whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float32]

CHUNK_ROWS = 65_536
_FIRST_ROWS = 64


class ChunkedMatrix:
    """Rows of float32 in chunks of 65,536; the only chunk of a small matrix doubles as it fills."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.size = 0
        self._chunks: list[Matrix] = []

    def blocks(self) -> Iterator[tuple[int, Matrix]]:
        """Yield (number of the first row, rows) without copying."""
        for number, chunk in enumerate(self._chunks):
            start = number * CHUNK_ROWS
            yield start, chunk[: self.size - start]

    def append(self, vectors: Matrix) -> None:
        """Add rows at the end."""
        self._reserve(self.size + len(vectors))
        done = 0
        while done < len(vectors):
            number, place = divmod(self.size, CHUNK_ROWS)
            part = vectors[done : done + CHUNK_ROWS - place]
            self._chunks[number][place : place + len(part)] = part
            self.size += len(part)
            done += len(part)

    def take(self, rows: Rows) -> Matrix:
        """Return copies of some rows, in the order asked for."""
        taken = np.empty((len(rows), self.dimensions), np.float32)
        for number, at in _by_chunk(rows):
            taken[at] = self._chunks[number][rows[at] % CHUNK_ROWS]
        return taken

    def put(self, rows: Rows, vectors: Matrix) -> None:
        """Overwrite some rows that are there."""
        for number, at in _by_chunk(rows):
            self._chunks[number][rows[at] % CHUNK_ROWS] = vectors[at]

    def truncate(self, size: int) -> None:
        """Keep the first ``size`` rows and free the chunks that become empty."""
        self.size = size
        needed = -(-size // CHUNK_ROWS)
        del self._chunks[needed:]

    def _reserve(self, size: int) -> None:
        needed = -(-size // CHUNK_ROWS)
        if not self._chunks:
            rows = CHUNK_ROWS if needed > 1 else max(_FIRST_ROWS, 1 << (size - 1).bit_length())
            self._chunks.append(np.empty((rows, self.dimensions), np.float32))
        first = self._chunks[0]
        if len(first) < min(size, CHUNK_ROWS):
            rows = CHUNK_ROWS if needed > 1 else 1 << (size - 1).bit_length()
            grown = np.empty((rows, self.dimensions), np.float32)
            grown[: self.size] = first[: self.size]
            self._chunks[0] = grown
        while len(self._chunks) < needed:
            self._chunks.append(np.empty((CHUNK_ROWS, self.dimensions), np.float32))


def _by_chunk(rows: Rows) -> Iterator[tuple[int, Rows]]:
    """Yield (chunk, positions within ``rows`` that lie in it)."""
    numbers = rows // CHUNK_ROWS
    for number in np.unique(numbers):
        yield int(number), np.flatnonzero(numbers == number)
