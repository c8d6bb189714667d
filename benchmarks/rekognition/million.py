"""A data folder with one large collection."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.bootstrap import RECORDS_FILE, build
from faceplate.config import Settings
from faceplate.domain.collections import Collection
from faceplate.domain.faces import BoundingBox, FaceDetail, FaceRecord, Pose, Quality

COLLECTION = "large"
_BATCH = 8192


def fill(folder: Path, count: int) -> list[str]:
    """Write ``count`` random faceprints for the model that is configured; return some FaceIds.

    What an earlier call has written is kept.
    """
    application = build(Settings(data_dir=folder))
    model = application.recognizer.model
    application.close()
    dimensions = _dimensions(model)
    now = datetime.now(UTC)
    detail = FaceDetail(BoundingBox(0.1, 0.1, 0.2, 0.2), 99.0, (), Pose(0, 0, 0), Quality(50, 50))
    random = np.random.default_rng(20300101)
    records = SqliteRecords(Database(folder / RECORDS_FILE))
    if records.size(COLLECTION).faces == count:
        found = records.list_faces(COLLECTION, limit=1000).items
        records.close()
        return [face.face_id for face in found]
    records.put_collection(Collection(COLLECTION, model, now))
    kept: list[str] = []
    for start in range(0, count, _BATCH):
        size = min(_BATCH, count - start)
        vectors = random.standard_normal((size, dimensions), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        ids = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"face:{start + row}")) for row in range(size)]
        image_ids = [str(uuid.uuid5(uuid.NAMESPACE_OID, one)) for one in ids]
        records.put_faces(
            [
                FaceRecord(COLLECTION, one, image, None, None, detail, model, now, embedding=vector)
                for one, image, vector in zip(ids, image_ids, vectors, strict=True)
            ]
        )
        kept.extend(ids[:100])
    records.close()
    return kept


def _dimensions(model: str) -> int:
    from faceplate.adapters.onnx.manifest import load_manifest  # noqa: PLC0415

    return load_manifest()[model.partition("@")[0]].dimensions or 0
