"""Records to put and compare."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from faceplate.domain.collections import Collection
from faceplate.domain.faces import BoundingBox, FaceDetail, FaceRecord, Landmark, Pose, Quality
from faceplate.domain.images import StoredImage
from faceplate.domain.matching import normalise
from faceplate.domain.people import AuditEntry, Consent, Person
from faceplate.domain.request_tokens import RequestToken
from faceplate.domain.uploads import Upload, UploadStatus
from faceplate.ports.records import Records

NOW = datetime(2030, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
MODEL = "mobilefacenet@1.0"
UNICODE = "Zoë/ fotos 東京 😀 'quoted' \"double\" %_\n"

DETAIL = FaceDetail(
    box=BoundingBox(left=0.1, top=-0.02, width=1 / 3, height=0.4),
    confidence=99.87654321,
    landmarks=(Landmark("eyeLeft", 0.123456789012345, 0.2), Landmark("nose", 0.3, 0.4)),
    pose=Pose(roll=-1.5, yaw=20.25, pitch=0.0),
    quality=Quality(brightness=71.1, sharpness=3.3),
    age_range=(20, 28),
    gender=("Female", 98.5),
)


def make_collection(collection_id: str = "c", **changes: Any) -> Collection:
    """Make a collection."""
    return replace(Collection(collection_id, MODEL, NOW, {"team": "blüe"}), **changes)


def make_vector(seed: int, dimensions: int = 8) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Make a faceprint of length 1."""
    numbers = np.random.default_rng(seed).standard_normal(dimensions)
    return normalise(numbers.astype(np.float32))


def make_face(face_id: str = "f", collection_id: str = "c", **changes: Any) -> FaceRecord:
    """Make a face without a vector."""
    face = FaceRecord(
        collection_id=collection_id,
        face_id=face_id,
        image_id="image-1",
        external_image_id="a:20b.jpg",
        image_key="a b.jpg",
        detail=DETAIL,
        model=MODEL,
        created_at=NOW,
        metadata={"album": UNICODE},
    )
    return replace(face, **changes)


def make_image(key: str = "a b.jpg", collection_id: str = "c", **changes: Any) -> StoredImage:
    """Make an image's record."""
    image = StoredImage(
        collection_id=collection_id,
        key=key,
        sha256="ab" * 32,
        size_bytes=12345,
        content_type="image/jpeg",
        width_px=640,
        height_px=480,
        image_id="image-1",
        blob_name="images/ab/cd",
        model=MODEL,
        created_at=NOW,
        options="max_faces=3",
        metadata={"Größe": "1"},
        warnings=("several_faces", "blurred"),
    )
    return replace(image, **changes)


def make_person(person_id: str = "p", collection_id: str = "c", **changes: Any) -> Person:
    """Make a person with consent."""
    consent = Consent("door access", date(2030, 1, 1), date(2031, 1, 1))
    person = Person(collection_id, person_id, "Zoë", NOW, {"floor": "3"}, consent)
    return replace(person, **changes)


def make_upload(upload_id: str = "u", collection_id: str = "c", **changes: Any) -> Upload:
    """Make a waiting upload."""
    upload = Upload(upload_id, collection_id, "a b.jpg", UploadStatus.WAITING, NOW, NOW, {"a": "b"})
    return replace(upload, **changes)


def make_token(token: str = "t", collection_id: str = "c", **changes: Any) -> RequestToken:
    """Make a request's token."""
    kept = RequestToken("AKIA", token, collection_id, "digest", {"Faces": [UNICODE]}, NOW)
    return replace(kept, **changes)


def make_audit(action: str = "erase") -> AuditEntry:
    """Make a line of the audit log."""
    return AuditEntry(at=NOW, action=action, actor="key-1", subject="digest", counts={"faces": 2})


def dump(records: Records) -> dict[str, Any]:
    """Return all that a store holds, in a form that can be compared."""
    found: dict[str, Any] = {}
    for collection in records.list_collections(limit=1000).items:
        name = collection.collection_id
        stored = {
            face_id: row.tobytes()
            for face_ids, rows in records.vectors(name)
            for face_id, row in zip(face_ids, rows, strict=True)
        }
        found[name] = {
            "collection": collection,
            "size": records.size(name),
            "faces": [_plain(face) for face in records.list_faces(name, limit=10_000).items],
            "vectors": stored,
            "images": list(records.list_images(name, limit=10_000).items),
            "people": list(records.list_people(name, limit=10_000).items),
        }
    found["audit"] = list(records.list_audit(limit=10_000).items)
    found["blobs"] = sorted(records.blob_names())
    return found


def _plain(face: FaceRecord) -> dict[str, Any]:
    return {one.name: getattr(face, one.name) for one in fields(face)}
