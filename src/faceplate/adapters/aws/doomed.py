"""Faces that have left the records and must still leave Rekognition.

A replaced picture's old faces go out of the table in one step with the new ones coming in; in the
same step they are written down here. Whoever is next removes them from Rekognition, so that a
process that dies in between leaves nothing behind.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from faceplate.adapters.aws.rekognition import RekognitionCalls
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.domain.errors import NotFound
from faceplate.ports.records import Records

PARTITION = "#doomed"
_AT_ONCE = 10


class DoomedFaces:
    """The list of faces to remove."""

    def __init__(self, table: DynamoTable, records: Records, calls: RekognitionCalls) -> None:
        self._table = table
        self._records = records
        self._calls = calls

    def add(self, collection_id: str, face_ids: Sequence[str]) -> None:
        """Write faces down, in the caller's unit."""
        self._table.put(
            {
                HASH_KEY: PARTITION,
                RANGE_KEY: uuid.uuid4().hex,
                "CollectionOfFaces": collection_id,
                "FaceIds": list(face_ids),
            }
        )

    def settle(self, *, everything: bool = False) -> int:
        """Remove what is on the list, the oldest few or everything; return how many faces.

        A face that was indexed again since has a record again, and stays.
        """
        removed = 0
        limit = None if everything else _AT_ONCE
        for number, item in enumerate(self._table.query(PARTITION, limit=limit)):
            if number == limit:
                break
            collection_id, face_ids = item["CollectionOfFaces"], item["FaceIds"]
            kept = self._records.get_faces(collection_id, face_ids)
            doomed = [face_id for face_id in face_ids if face_id not in kept]
            try:
                self._calls.remove_faces(collection_id, doomed)
            except NotFound:
                doomed = []  # the whole collection is gone
            self._table.delete((PARTITION, item[RANGE_KEY]))
            removed += len(doomed)
        return removed
