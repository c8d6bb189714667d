"""Faces that have left the records and must still leave Rekognition.

A replaced picture's old faces go out of the table in one step with the new ones coming in; in the
same step they are written down here. Whoever is next removes them from Rekognition, so that a
process that dies in between leaves nothing behind.

The same bytes under the same key have the same FaceId again, so a doomed face may come back. Each
is removed under the lease of its picture: nobody indexes that picture between the look into the
records and the removal.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Sequence

from faceplate.adapters.aws.leases import IMAGE_BUSY, DynamoLeases
from faceplate.adapters.aws.rekognition import RekognitionCalls
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.values import Item
from faceplate.domain.errors import Busy, NotFound
from faceplate.ports.records import Records

PARTITION = "#doomed"
_AT_ONCE = 10

Picture = tuple[str, str | None]
"""A collection and the key of a picture in it."""


class DoomedFaces:
    """The list of faces to remove."""

    def __init__(
        self, table: DynamoTable, records: Records, calls: RekognitionCalls, leases: DynamoLeases
    ) -> None:
        self._table = table
        self._records = records
        self._calls = calls
        self._leases = leases

    def add(
        self, collection_id: str, face_ids: Sequence[str], image_key: str | None = None
    ) -> None:
        """Write faces of one picture down, in the caller's unit."""
        self._table.put(
            {
                HASH_KEY: PARTITION,
                RANGE_KEY: uuid.uuid4().hex,
                "CollectionOfFaces": collection_id,
                "FaceIds": list(face_ids),
                "ImageKey": image_key,
            }
        )

    def settle(self, *, held: Picture | None = None, everything: bool = False) -> int:
        """Remove what is on the list, a few or everything; return how many faces.

        A face that was indexed again since has a record again, and stays. What belongs to a picture
        that somebody is changing waits for the next time; ``held`` is one that the caller holds.
        """
        removed = 0
        limit = None if everything else _AT_ONCE
        for number, item in enumerate(self._table.query(PARTITION, limit=limit)):
            if number == limit:
                break
            picture = item["CollectionOfFaces"], item.get("ImageKey")
            try:
                with contextlib.nullcontext() if picture == held else self._holding(*picture):
                    removed += self._remove(item)
            except Busy as exc:
                if exc.code != IMAGE_BUSY:
                    raise
        return removed

    def _holding(
        self, collection_id: str, image_key: str | None
    ) -> contextlib.AbstractContextManager[None]:
        if image_key is None:
            return contextlib.nullcontext()
        return self._leases.holding(collection_id, image_key, wait_s=0)

    def _remove(self, item: Item) -> int:
        collection_id, face_ids = item["CollectionOfFaces"], item["FaceIds"]
        kept = self._records.get_faces(collection_id, face_ids)
        doomed = [face_id for face_id in face_ids if face_id not in kept]
        try:
            self._calls.remove_faces(collection_id, doomed)
        except NotFound:
            doomed = []  # the whole collection is gone
        self._table.delete((PARTITION, item[RANGE_KEY]))
        return len(doomed)
