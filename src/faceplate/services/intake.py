"""Index a picture without keeping it, as Amazon Rekognition does."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from faceplate.domain.faces import QualityFilter, Reason, name_image_id
from faceplate.ports.recognizer import IndexOutcome, IndexRequest, Recognizer
from faceplate.ports.records import Records


@dataclass(frozen=True, slots=True)
class Intake:
    """What was indexed, and what a careful caller may want to know about it.

    Warnings: ``no_face``, ``faces_left_out`` (faces were seen and none was indexed),
    ``several_faces``, ``low_quality`` (a face was left out for its quality), ``duplicate_image``
    (the collection has faces of the same bytes under another ExternalImageId) and
    ``already_indexed``.
    """

    outcome: IndexOutcome
    warnings: Sequence[str]


class BareIndex:
    """Index pictures of which only the faceprints are kept."""

    def __init__(self, *, recognizer: Recognizer, records: Records) -> None:
        self._recognizer = recognizer
        self._records = records

    def index(
        self,
        collection_id: str,
        data: bytes,
        *,
        external_image_id: str | None,
        max_faces: int,
        quality_filter: QualityFilter,
        attributes: Collection[str],
    ) -> Intake:
        """Index the faces of a picture, all or nothing; the same picture again changes nothing.

        Raises:
            NotFound: Code ``collection_not_found``.
            InvalidImage, ImageTooLarge: The bytes are not a picture within the limits.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        twins = self._records.list_faces(
            collection_id, limit=100, image_id=name_image_id(sha256)
        ).items
        outcome = self._recognizer.index_faces(
            IndexRequest(
                collection_id=collection_id,
                data=data,
                sha256=sha256,
                external_image_id=external_image_id,
                max_faces=max_faces,
                quality_filter=quality_filter,
                attributes=attributes,
            )
        )
        warnings = []
        if not outcome.faces:
            warnings.append("faces_left_out" if outcome.left_out else "no_face")
        if len(outcome.faces) + len(outcome.left_out) > 1:
            warnings.append("several_faces")
        if any(set(face.reasons) != {Reason.EXCEEDS_MAX_FACES} for face in outcome.left_out):
            warnings.append("low_quality")
        if any(twin.external_image_id != external_image_id for twin in twins):
            warnings.append("duplicate_image")
        known = {twin.face_id for twin in twins}
        if outcome.faces and all(face.face_id in known for face in outcome.faces):
            warnings.append("already_indexed")
        return Intake(outcome, warnings)
