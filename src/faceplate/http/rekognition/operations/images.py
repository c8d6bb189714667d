"""The Image member of a request, and what is asked of a face."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from faceplate.domain.errors import InvalidImage, InvalidParameter
from faceplate.domain.faces import FaceDetail, LeftOutFace, QualityFilter, detail_to_json
from faceplate.http.rekognition.operations.call import Answer, Call, Request

FORMATS = ("JPEG", "PNG")
MIN_SIDE_PX = 80
"""Source of both: Amazon Rekognition's guidelines and quotas."""

OPTIONAL_ATTRIBUTES = ("AGE_RANGE", "GENDER")
"""Those of the Attribute enumeration beyond DEFAULT that a model we ship can compute."""


def picture_of(call: Call, request: Request, member: str = "Image") -> bytes:
    """Return the bytes of the picture a request carries or names.

    Raises:
        InvalidParameter: Code ``image_source_invalid``: neither Bytes nor S3Object, or both.
        NotFound: Code ``s3_object_unavailable``.
        InvalidImage: Not JPEG or PNG, or a side of less than 80 px.
    """
    image: Mapping[str, Any] = request[member]
    data, place = image.get("Bytes"), image.get("S3Object")
    if (data is None) == (place is None):
        raise InvalidParameter(
            f"{member} needs either Bytes or S3Object.",
            parameter=member,
            code="image_source_invalid",
        )
    if data is None:
        data = _object_of(call, place or {}, member)
    info = call.application.faces.inspect(data)
    if info.format not in FORMATS:
        raise InvalidImage(f"{member} must be a JPEG or a PNG.", code="image_format_unsupported")
    if min(info.width_px, info.height_px) < MIN_SIDE_PX:
        raise InvalidImage(
            f"{member} must have at least {MIN_SIDE_PX} pixels on each side.",
            code="image_too_small",
        )
    return bytes(data)


def attributes_of(call: Call, request: Request, member: str) -> Collection[str]:
    """Return the optional attributes to compute: those asked for that a model is here for."""
    asked = set(request.get(member) or ())
    if "ALL" in asked:
        asked.update(OPTIONAL_ATTRIBUTES)
    able = {capability.value.upper() for capability in call.application.recognizer.capabilities}
    return sorted(asked & able & set(OPTIONAL_ATTRIBUTES))


def quality_filter_of(request: Request, default: QualityFilter) -> QualityFilter:
    """Return the filter a request names, or the operation's default."""
    return QualityFilter(request.get("QualityFilter") or default)


def min_similarity_of(request: Request, member: str, default_pct: float = 80.0) -> float:
    """Return the least similarity that matches; 0 is a value like any other."""
    value = request.get(member)
    return default_pct if value is None else float(value)


def left_out(face: LeftOutFace, detail_member: str) -> Answer:
    """Render a face that was not used; the member's name differs between operations."""
    return {
        detail_member: detail_to_json(face.detail),
        "Reasons": [reason.value for reason in face.reasons],
    }


def box_and_confidence(detail: FaceDetail) -> Answer:
    """Render the little that some answers say of a face."""
    whole = detail_to_json(detail)
    return {"BoundingBox": whole["BoundingBox"], "Confidence": whole["Confidence"]}


def _object_of(call: Call, place: Mapping[str, str], member: str) -> bytes:
    bucket, name = place.get("Bucket"), place.get("Name")
    if bucket is None or name is None:
        raise InvalidParameter(
            f"{member}.S3Object needs Bucket and Name.",
            parameter=f"{member}.S3Object",
            code="image_source_invalid",
        )
    return call.protocol.objects.read(
        bucket, name, version=place.get("Version"), check=call.require_in_scope
    )
