"""Write units until killed, telling on standard output which have been acknowledged.

Usage: unit_writer.py DATABASE FIRST_UNIT
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import numpy as np

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.domain.faces import BoundingBox, FaceDetail, FaceRecord, Pose, Quality
from faceplate.domain.images import StoredImage

NOW = datetime(2030, 1, 1, tzinfo=UTC)
DETAIL = FaceDetail(BoundingBox(0, 0, 1, 1), 99.0, (), Pose(0, 0, 0), Quality(50, 50))


def faces_in(unit: int) -> int:
    """Return how many faces a unit writes, so that units differ in how long they take."""
    return 1 + unit * 7 % 40


def write_unit(records: SqliteRecords, unit: int) -> None:
    """Write an image with its faces, and take the image of ten units before away."""
    key = f"image-{unit}"
    faces = [
        FaceRecord(
            collection_id="c",
            face_id=f"{key}-{number}",
            image_id=key,
            external_image_id=key,
            image_key=key,
            detail=DETAIL,
            model="m@1",
            created_at=NOW,
            embedding=np.full(192, unit, np.float32),
        )
        for number in range(faces_in(unit))
    ]
    with records.unit():
        records.put_faces(faces[: len(faces) // 2])
        records.put_image(StoredImage("c", key, "00", 1, "image/png", 1, 1, key, key, "m@1", NOW))
        records.put_faces(faces[len(faces) // 2 :])
        old = f"image-{unit - 10}"
        records.delete_faces("c", [face.face_id for face in records.faces_of_image("c", old)])
        records.delete_image("c", old)


def main() -> None:
    """Write units without end."""
    records = SqliteRecords(Database(Path(sys.argv[1])))
    for unit in count(int(sys.argv[2])):
        write_unit(records, unit)
        sys.stdout.write(f"{unit}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
