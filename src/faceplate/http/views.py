"""From values to the members of an answer; no web in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from faceplate.domain.faces import (
    FaceDetail,
    FaceMatch,
    FaceRecord,
    LeftOutFace,
    box_to_json,
    detail_to_json,
    face_to_json,
    model_version,
)
from faceplate.domain.images import StoredImage, encode_external_image_id
from faceplate.domain.keys import ApiKey
from faceplate.domain.people import AuditEntry, Consent, ErasureProof, Person
from faceplate.domain.uploads import Upload
from faceplate.ports.recognizer import AssociationOutcome, CompareOutcome
from faceplate.services.faces import IndexedImage

Json = dict[str, Any]


def index_answer(indexed: IndexedImage) -> Json:
    """Render Rekognition's IndexFaces shape and what we add to it."""
    image = indexed.image
    return {
        "FaceRecords": [
            {"Face": face_to_json(face), "FaceDetail": detail_to_json(face.detail)}
            for face in indexed.faces
        ],
        "UnindexedFaces": [_left_out(face) for face in indexed.left_out],
        "FaceModelVersion": model_version(image.model),
        "key": image.key,
        "ExternalImageId": external_image_id(image),
        "sha256": image.sha256,
        "change": indexed.change,
        "warnings": list(image.warnings),
    }


def compare_answer(outcome: CompareOutcome, min_similarity_pct: float) -> Json:
    """Render Rekognition's CompareFaces shape and the bar that was applied."""
    return {
        "SourceImageFace": {
            "BoundingBox": box_to_json(outcome.source.box),
            "Confidence": outcome.source.confidence,
        },
        "FaceMatches": [
            {"Similarity": similarity, "Face": compared_face(detail)}
            for detail, similarity in outcome.matches
        ],
        "UnmatchedFaces": [compared_face(detail) for detail in outcome.unmatched],
        "min_similarity": min_similarity_pct,
    }


def compared_face(detail: FaceDetail) -> Json:
    """Render Rekognition's ComparedFace: a detail without age and gender."""
    body = detail_to_json(detail)
    body.pop("AgeRange", None)
    body.pop("Gender", None)
    return body


def face_match(match: FaceMatch) -> Json:
    """Render Rekognition's FaceMatch."""
    return {"Similarity": match.similarity_pct, "Face": face_to_json(match.face)}


def face_item(face: FaceRecord) -> Json:
    """Render a kept face for lists: Rekognition's Face and what we know besides."""
    return {
        **face_to_json(face),
        "image_key": face.image_key,
        "person_id": face.person_id,
        "metadata": dict(face.metadata),
        "created_at": face.created_at,
        "model": face.model,
    }


def image_face(face: FaceRecord, names: Mapping[str, str]) -> Json:
    """Render a face of a stored picture, with all that was seen and whose it is."""
    person = None
    if face.person_id is not None:
        person = {
            "person_id": face.person_id,
            "name": names.get(face.person_id, face.person_id),
        }
    return {**face_to_json(face), "FaceDetail": detail_to_json(face.detail), "person": person}


def image_item(image: StoredImage) -> Json:
    """Render the record of a stored picture."""
    return {
        "key": image.key,
        "ExternalImageId": external_image_id(image),
        "ImageId": image.image_id,
        "sha256": image.sha256,
        "size_bytes": image.size_bytes,
        "content_type": image.content_type,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "model": image.model,
        "created_at": image.created_at,
        "metadata": dict(image.metadata),
        "warnings": list(image.warnings),
        "has_bytes": image.blob_name is not None,
    }


def person_item(person: Person, face_count: int) -> Json:
    """Render a person; ACTIVE is one with faces, as Rekognition calls it."""
    return {
        "person_id": person.person_id,
        "name": person.name,
        "status": "ACTIVE" if face_count else "CREATED",
        "face_count": face_count,
        "metadata": dict(person.metadata),
        "consent": None if person.consent is None else _consent(person.consent),
        "created_at": person.created_at,
    }


def association(outcome: AssociationOutcome, done: str) -> Json:
    """Render which faces now (or no longer) belong to a person."""
    return {
        done: list(outcome.done),
        "failed": [
            {"FaceId": face_id, "Reason": problem.value}
            for face_id, problem in outcome.failed.items()
        ],
    }


def proof(result: ErasureProof) -> Json:
    """Render the proof of a deletion."""
    return {"before": dict(result.before), "after": dict(result.after)}


def upload_item(upload: Upload) -> Json:
    """Render where an upload stands."""
    return {
        "upload_id": upload.upload_id,
        "key": upload.key,
        "status": upload.status.value,
        "face_count": upload.face_count,
        "error_code": upload.error_code,
        "created_at": upload.created_at,
        "expires_at": upload.expires_at,
    }


def key_item(key: ApiKey, used_today: int) -> Json:
    """Render an API key, without its digest."""
    return {
        "key_id": key.key_id,
        "name": key.name,
        "kind": key.kind.value,
        "scope": key.scope.value,
        "collection_prefix": key.collection_prefix,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
        "rate_rps": key.rate_rps,
        "burst": key.burst,
        "daily_quota": key.daily_quota,
        "daily_tokens": key.daily_tokens,
        "used_today": used_today,
    }


def audit_item(entry: AuditEntry) -> Json:
    """Render a line of the audit log."""
    return {
        "at": entry.at,
        "action": entry.action,
        "actor": entry.actor,
        "subject": entry.subject,
        "counts": dict(entry.counts),
    }


def page(plural: str, items: Sequence[Json], next_token: str | None) -> Json:
    """Render a page of a list."""
    return {plural: list(items), "next_token": next_token}


def external_image_id(image: StoredImage) -> str:
    """Return the ExternalImageId of a stored picture: its key in Rekognition's characters."""
    return encode_external_image_id(image.key)


def _left_out(face: LeftOutFace) -> Json:
    return {
        "FaceDetail": detail_to_json(face.detail),
        "Reasons": [reason.value for reason in face.reasons],
    }


def _consent(consent: Consent) -> dict[str, str | date | None]:
    return {
        "purpose": consent.purpose,
        "given_on": consent.given_on,
        "expires_on": consent.expires_on,
    }
