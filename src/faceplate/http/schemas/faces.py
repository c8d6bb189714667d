"""Faces, in the members of Amazon Rekognition."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from faceplate.domain.faces import Reason
from faceplate.http.schemas.base import (
    Answer,
    Example,
    Metadata,
    Moment,
    NextToken,
    Pct,
    RequestBody,
)

BOX_EXAMPLE: Example = {"Width": 0.18, "Height": 0.34, "Left": 0.41, "Top": 0.12}
FACE_EXAMPLE: Example = {
    "FaceId": "7f1d3a3e-2a2d-5d0c-8f5e-0e7f4f5a9b11",
    "BoundingBox": BOX_EXAMPLE,
    "ImageId": "c0a4a1de-52a0-5d6b-9a2e-6d2f0a4a8f10",
    "ExternalImageId": "friends:2Fana.jpg",
    "Confidence": 99.6,
    "IndexFacesModelVersion": "1.0",
}
DETAIL_EXAMPLE: Example = {
    "BoundingBox": BOX_EXAMPLE,
    "Confidence": 99.6,
    "Landmarks": [
        {"Type": "eyeLeft", "X": 0.46, "Y": 0.25},
        {"Type": "eyeRight", "X": 0.53, "Y": 0.25},
        {"Type": "nose", "X": 0.5, "Y": 0.31},
        {"Type": "mouthLeft", "X": 0.47, "Y": 0.38},
        {"Type": "mouthRight", "X": 0.53, "Y": 0.38},
    ],
    "Pose": {"Roll": -1.5, "Yaw": 4.2, "Pitch": 2.0},
    "Quality": {"Brightness": 71.3, "Sharpness": 83.1},
}
MATCH_EXAMPLE: Example = {"Similarity": 99.2, "Face": FACE_EXAMPLE}


class BoundingBox(Answer):
    """Ratios of the upright picture's width and height; may reach past 0 and 1."""

    Width: float
    Height: float
    Left: float
    Top: float


class Landmark(Answer):
    """A point of the face, as ratios; left and right as seen in the picture."""

    Type: Literal["eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"]
    X: float
    Y: float


class Pose(Answer):
    """Degrees."""

    Roll: float = Field(ge=-180, le=180)
    Yaw: float = Field(ge=-180, le=180)
    Pitch: float = Field(ge=-180, le=180)


class Quality(Answer):
    """Of the face's own pixels."""

    Brightness: Pct
    Sharpness: Pct


class YearRange(Answer):
    """Years."""

    Low: int
    High: int


class GenderGuess(Answer):
    """A guess from looks, never a fact."""

    Value: str
    Confidence: Pct


class ComparedFace(Answer):
    """A face as CompareFaces answers it."""

    BoundingBox: BoundingBox
    Confidence: Pct
    Landmarks: list[Landmark]
    Pose: Pose
    Quality: Quality


class FaceDetail(ComparedFace):
    """Everything seen of one face; `AgeRange` and `Gender` only when asked for and installed."""

    model_config = ConfigDict(json_schema_extra={"examples": [DETAIL_EXAMPLE]})

    AgeRange: YearRange | None = None
    Gender: GenderGuess | None = None


class Face(Answer):
    """A face that is kept; `UserId` is the person it belongs to."""

    model_config = ConfigDict(json_schema_extra={"examples": [FACE_EXAMPLE]})

    FaceId: str
    BoundingBox: BoundingBox
    ImageId: str
    Confidence: Pct
    IndexFacesModelVersion: str
    ExternalImageId: str | None = None
    UserId: str | None = None


class FaceMatch(Answer):
    """A kept face and how alike it is."""

    Similarity: Pct
    Face: Face


class FaceRecord(Answer):
    """A face that was indexed, and what was seen of it."""

    Face: Face
    FaceDetail: FaceDetail


class UnindexedFace(Answer):
    """A face that was seen and left out, and why."""

    FaceDetail: FaceDetail
    Reasons: list[Reason]


class FaceItem(Face):
    """A kept face in a list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **FACE_EXAMPLE,
                    "image_key": "friends/ana.jpg",
                    "person_id": None,
                    "metadata": {},
                    "created_at": "2030-01-01T12:00:00Z",
                    "model": "mobilefacenet@1.0",
                }
            ]
        }
    )

    image_key: str | None
    person_id: str | None
    metadata: Metadata
    created_at: Moment
    model: str


class FaceList(Answer):
    """A page of kept faces, by FaceId."""

    faces: list[FaceItem]
    next_token: NextToken


class FaceDeletion(Answer):
    """A deleted face, with counts before and by a fresh look after."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "FaceId": FACE_EXAMPLE["FaceId"],
                    "deleted": True,
                    "before": {"faces": 1, "vectors": 1},
                    "after": {"faces": 0, "vectors": 0},
                }
            ]
        }
    )

    FaceId: str
    deleted: Literal[True]
    before: dict[str, int]
    after: dict[str, int]


class SimilarFaces(Answer):
    """Faces like one that is kept, best first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"SearchedFaceId": FACE_EXAMPLE["FaceId"], "FaceMatches": [MATCH_EXAMPLE]}]
        }
    )

    SearchedFaceId: str
    FaceMatches: list[FaceMatch]


class FaceQuery(RequestBody):
    """A read-only statement over the view `faces` of the collection."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"query": "SELECT FaceId, Confidence FROM faces", "limit": 100}]
        }
    )

    query: str = Field(min_length=1, max_length=10_000, description="One SELECT.")
    limit: int = Field(100, ge=1, le=1000)


class FaceQueryResult(Answer):
    """Rows of a query; `truncated` when there are more than were asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "columns": ["FaceId", "Confidence"],
                    "rows": [[FACE_EXAMPLE["FaceId"], 99.6]],
                    "truncated": False,
                }
            ]
        }
    )

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool
