"""Records of the faces an index call has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from faceplate.domain.faces import FaceRecord, SeenFace, name_face_id, name_image_id
from faceplate.ports.recognizer import IndexRequest


def places(seen: Sequence[SeenFace], used: Sequence[SeenFace]) -> list[int]:
    """Return the places of the used faces among all that were seen.

    A face is named by its place, so that its FaceId does not depend on what else was left out.
    """
    chosen = {id(face) for face in used}
    return [place for place, face in enumerate(seen) if id(face) in chosen]


def make_record(
    request: IndexRequest, model: str, place: int, face: SeenFace, now: datetime
) -> FaceRecord:
    """Make the record of one face of a picture."""
    return FaceRecord(
        collection_id=request.collection_id,
        face_id=name_face_id(
            model=model,
            sha256=request.sha256,
            external_image_id=request.external_image_id,
            ordinal=place,
        ),
        image_id=name_image_id(request.sha256),
        external_image_id=request.external_image_id,
        image_key=request.image_key,
        detail=face.detail,
        model=model,
        created_at=now,
        metadata=dict(request.metadata),
        embedding=face.embedding,
    )


def as_known(face: FaceRecord, known: FaceRecord | None) -> FaceRecord:
    """Keep whose a face is, and the stored picture it came from when this time none was stored."""
    if known is None:
        return face
    face = replace(face, person_id=known.person_id)
    if face.image_key is None:
        face = replace(face, image_key=known.image_key, metadata=known.metadata)
    return face
