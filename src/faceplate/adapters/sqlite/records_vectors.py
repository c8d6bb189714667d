"""Faceprints in SQLite, as little-endian float32."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.text import id_list
from faceplate.domain.errors import StorageCorrupt

# The unary plus keeps the planner off the model; rows then come in the order of the file.
_OF_THE_COLLECTIONS_MODEL = """
    SELECT face_id, vector FROM vectors
    WHERE collection_id = ?1
        AND +model = (SELECT model FROM collections WHERE collection_id = ?1)
    ORDER BY face_pk
"""
_OF_SOME_FACES = """
    SELECT faces.face_id, vector FROM faces JOIN vectors ON face_pk = pk
    WHERE faces.collection_id = ? AND faces.face_id IN (SELECT value FROM json_each(?))
"""


class VectorTable:
    """Read the vectors that were put with the faces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def vectors(
        self, collection_id: str, *, batch: int = 8192
    ) -> Iterator[tuple[Sequence[str], npt.NDArray[np.float32]]]:
        """Yield all (face_ids, float32 matrix) of the collection's model, in batches.

        All batches show the moment of the first; the matrices are read-only.
        """
        with self._database.read() as connection:
            cursor = connection.execute(_OF_THE_COLLECTIONS_MODEL, (collection_id,))
            while rows := cursor.fetchmany(batch):
                face_ids, blobs = zip(*rows, strict=True)
                if len({len(blob) for blob in blobs}) != 1 or len(blobs[0]) % 4:
                    raise StorageCorrupt("The vectors of a collection differ in length.")
                matrix = np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), -1)
                yield face_ids, matrix

    def vectors_of(
        self, collection_id: str, face_ids: Sequence[str]
    ) -> Mapping[str, npt.NDArray[np.float32]]:
        """Return the kept vectors of some faces, of whatever model."""
        with self._database.read() as connection:
            rows = connection.execute(_OF_SOME_FACES, (collection_id, id_list(face_ids))).fetchall()
        return {face_id: np.frombuffer(blob, "<f4").astype(np.float32) for face_id, blob in rows}
