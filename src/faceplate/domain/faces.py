"""Faces: what is seen of them, and what is remembered."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels: TypeAlias = npt.NDArray[np.uint8]
    """An upright picture, shape (height, width, 3), RGB, 0 to 255."""

    Embedding: TypeAlias = npt.NDArray[np.float32]
    """A faceprint, shape (dimensions,), float32, of length 1."""
else:

    class _Array:
        """Stand for numpy's arrays in annotations: where AWS compares faces, numpy is absent."""

    Pixels = Embedding = _Array

FACE_NAMESPACE = uuid.UUID("6b0c3a52-6b4c-5d0f-9a58-4f3d9c1f7a10")
"""Namespace of the name-based FaceIds and ImageIds."""


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A box as ratios of the upright picture's width and height; may reach past 0 and 1."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """The share of the picture the box covers, 0 to 1 and a little more at the edges."""
        return self.width * self.height

    def overlap(self, other: BoundingBox) -> float:
        """Return intersection over union, 0 to 1."""
        width = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area + other.area - shared)


@dataclass(frozen=True, slots=True)
class Landmark:
    """A point of the face, as ratios; ``kind`` is Rekognition's name, left as seen in the picture.

    Kinds: ``eyeLeft``, ``eyeRight``, ``nose``, ``mouthLeft``, ``mouthRight``.
    """

    kind: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees, -180 to 180: roll clockwise, yaw to the picture's right, pitch up are positive."""

    roll: float
    yaw: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Brightness and sharpness of the face's own pixels, 0 to 100."""

    brightness: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class FaceDetail:
    """Everything seen of one face. ``confidence`` is 0 to 100; optional parts may be absent."""

    box: BoundingBox
    confidence: float
    landmarks: tuple[Landmark, ...]
    pose: Pose
    quality: Quality
    age_range: tuple[int, int] | None = None
    gender: tuple[str, float] | None = None


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face found in a picture, with its faceprint when one was asked for.

    ``min_side_px`` is the shorter side of its box in pixels of the picture.
    """

    detail: FaceDetail
    min_side_px: float
    embedding: Embedding | None = field(default=None, compare=False, repr=False)


class QualityFilter(enum.StrEnum):
    """How picky to be before a face is indexed or searched, as Rekognition names it."""

    NONE = "NONE"
    AUTO = "AUTO"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class Reason(enum.StrEnum):
    """Why a face was left out, as Rekognition names it."""

    EXCEEDS_MAX_FACES = "EXCEEDS_MAX_FACES"
    EXTREME_POSE = "EXTREME_POSE"
    LOW_BRIGHTNESS = "LOW_BRIGHTNESS"
    LOW_SHARPNESS = "LOW_SHARPNESS"
    LOW_CONFIDENCE = "LOW_CONFIDENCE"
    SMALL_BOUNDING_BOX = "SMALL_BOUNDING_BOX"
    LOW_FACE_QUALITY = "LOW_FACE_QUALITY"
    FACE_NOT_LARGEST = "FACE_NOT_LARGEST"


@dataclass(frozen=True, slots=True)
class LeftOutFace:
    """A face that was seen and not used, and why."""

    detail: FaceDetail
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """A face kept in a collection.

    ``image_key`` is None for a face indexed without a stored picture (Rekognition's own protocol).
    ``person_id`` is the Rekognition user it is associated with. ``embedding`` is present in stores
    that keep vectors and left out of listings.
    """

    collection_id: str
    face_id: str
    image_id: str
    external_image_id: str | None
    image_key: str | None
    detail: FaceDetail
    model: str
    created_at: datetime
    person_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    embedding: Embedding | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FaceMatch:
    """A kept face and how alike it is, 0 to 100."""

    face: FaceRecord
    similarity_pct: float


def name_image_id(sha256: str) -> str:
    """Derive the ImageId of a picture from the sha256 of its bytes."""
    return str(uuid.uuid5(FACE_NAMESPACE, f"image:{sha256}"))


def name_face_id(*, model: str, sha256: str, external_image_id: str | None, ordinal: int) -> str:
    """Derive a FaceId: same model, bytes, external id and face give the same id everywhere."""
    name = f"face:{model}:{sha256}:{external_image_id or ''}:{ordinal}"
    return str(uuid.uuid5(FACE_NAMESPACE, name))


def detail_to_json(detail: FaceDetail) -> dict[str, Any]:
    """Render a FaceDetail in Rekognition's own member names."""
    body: dict[str, Any] = {
        "BoundingBox": box_to_json(detail.box),
        "Confidence": detail.confidence,
        "Landmarks": [{"Type": mark.kind, "X": mark.x, "Y": mark.y} for mark in detail.landmarks],
        "Pose": {"Roll": detail.pose.roll, "Yaw": detail.pose.yaw, "Pitch": detail.pose.pitch},
        "Quality": {
            "Brightness": detail.quality.brightness,
            "Sharpness": detail.quality.sharpness,
        },
    }
    if detail.age_range is not None:
        body["AgeRange"] = {"Low": detail.age_range[0], "High": detail.age_range[1]}
    if detail.gender is not None:
        body["Gender"] = {"Value": detail.gender[0], "Confidence": detail.gender[1]}
    return body


def box_to_json(box: BoundingBox) -> dict[str, float]:
    """Render a box in Rekognition's own member names."""
    return {"Width": box.width, "Height": box.height, "Left": box.left, "Top": box.top}


def detail_from_json(body: Mapping[str, Any]) -> FaceDetail:
    """Read back what `detail_to_json` wrote."""
    box, pose, quality = body["BoundingBox"], body["Pose"], body["Quality"]
    age, gender = body.get("AgeRange"), body.get("Gender")
    return FaceDetail(
        box=BoundingBox(left=box["Left"], top=box["Top"], width=box["Width"], height=box["Height"]),
        confidence=body["Confidence"],
        landmarks=tuple(
            Landmark(kind=mark["Type"], x=mark["X"], y=mark["Y"]) for mark in body["Landmarks"]
        ),
        pose=Pose(roll=pose["Roll"], yaw=pose["Yaw"], pitch=pose["Pitch"]),
        quality=Quality(brightness=quality["Brightness"], sharpness=quality["Sharpness"]),
        age_range=None if age is None else (age["Low"], age["High"]),
        gender=None if gender is None else (gender["Value"], gender["Confidence"]),
    )


def face_to_json(face: FaceRecord) -> dict[str, Any]:
    """Render Rekognition's Face shape."""
    body: dict[str, Any] = {
        "FaceId": face.face_id,
        "BoundingBox": box_to_json(face.detail.box),
        "ImageId": face.image_id,
        "Confidence": face.detail.confidence,
        "IndexFacesModelVersion": model_version(face.model),
    }
    if face.external_image_id is not None:
        body["ExternalImageId"] = face.external_image_id
    if face.person_id is not None:
        body["UserId"] = face.person_id
    return body


def model_version(model: str) -> str:
    """Return the version part of a model name such as ``mobilefacenet@1.0``."""
    return model.rpartition("@")[2]
