"""Between Rekognition's shapes and ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from faceplate.domain.faces import (
    BoundingBox,
    FaceDetail,
    FaceRecord,
    Landmark,
    LeftOutFace,
    Pose,
    Quality,
    Reason,
)
from faceplate.ports.recognizer import AssociationProblem, IndexRequest

MODEL = "rekognition"

_REASONS = {reason.value: reason for reason in Reason}
_PROBLEMS = {problem.value: problem for problem in AssociationProblem}


def to_model(version: str) -> str:
    """Name the model of a collection, as ``rekognition@7.0``."""
    return f"{MODEL}@{version}"


def to_box(box: Mapping[str, float]) -> BoundingBox:
    """Read a box."""
    return BoundingBox(
        left=float(box["Left"]),
        top=float(box["Top"]),
        width=float(box["Width"]),
        height=float(box["Height"]),
    )


def to_detail(body: Mapping[str, Any]) -> FaceDetail:
    """Read a FaceDetail or a ComparedFace; what Rekognition did not look at is zero or absent."""
    pose, quality = body.get("Pose", {}), body.get("Quality", {})
    age, gender = body.get("AgeRange"), body.get("Gender")
    return FaceDetail(
        box=to_box(body["BoundingBox"]),
        confidence=float(body.get("Confidence", 0.0)),
        landmarks=tuple(
            Landmark(mark["Type"], float(mark["X"]), float(mark["Y"]))
            for mark in body.get("Landmarks", ())
        ),
        pose=Pose(
            roll=float(pose.get("Roll", 0.0)),
            yaw=float(pose.get("Yaw", 0.0)),
            pitch=float(pose.get("Pitch", 0.0)),
        ),
        quality=Quality(
            brightness=float(quality.get("Brightness", 0.0)),
            sharpness=float(quality.get("Sharpness", 0.0)),
        ),
        age_range=None if age is None else (int(age["Low"]), int(age["High"])),
        gender=None if gender is None else (str(gender["Value"]), float(gender["Confidence"])),
    )


def to_details(bodies: Sequence[Mapping[str, Any]]) -> list[FaceDetail]:
    """Read FaceDetails, largest first."""
    details = [to_detail(body) for body in bodies]
    return sorted(details, key=lambda detail: -detail.box.area)


def to_searched(answer: Mapping[str, Any]) -> FaceDetail:
    """Read the face that a search by image looked for: its box and its confidence alone."""
    return to_detail(
        {
            "BoundingBox": answer["SearchedFaceBoundingBox"],
            "Confidence": answer["SearchedFaceConfidence"],
        }
    )


def to_record(
    body: Mapping[str, Any], request: IndexRequest, *, model: str, now: datetime
) -> FaceRecord:
    """Read a FaceRecord of IndexFaces."""
    face = body["Face"]
    version = face.get("IndexFacesModelVersion")
    return FaceRecord(
        collection_id=request.collection_id,
        face_id=face["FaceId"],
        image_id=face["ImageId"],
        external_image_id=request.external_image_id,
        image_key=request.image_key,
        detail=to_detail({**body.get("FaceDetail", {}), "BoundingBox": face["BoundingBox"]}),
        model=model if version is None else to_model(version),
        created_at=now,
        metadata=dict(request.metadata),
    )


def to_left_out(body: Mapping[str, Any]) -> LeftOutFace:
    """Read an UnindexedFace; reasons we have no word for count as low quality."""
    reasons = (_REASONS.get(reason, Reason.LOW_FACE_QUALITY) for reason in body["Reasons"])
    return LeftOutFace(to_detail(body["FaceDetail"]), tuple(dict.fromkeys(reasons)))


def to_problem(reasons: Sequence[str]) -> AssociationProblem:
    """Read why a face was not associated."""
    known = (_PROBLEMS[reason] for reason in reasons if reason in _PROBLEMS)
    return next(known, AssociationProblem.FACE_NOT_FOUND)
