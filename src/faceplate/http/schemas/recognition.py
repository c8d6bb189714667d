"""Answers about a picture: index, search, detect, compare."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from faceplate.domain.faces import Reason
from faceplate.http.schemas.base import Answer, Example, Pct
from faceplate.http.schemas.faces import (
    BOX_EXAMPLE,
    DETAIL_EXAMPLE,
    FACE_EXAMPLE,
    MATCH_EXAMPLE,
    BoundingBox,
    ComparedFace,
    FaceDetail,
    FaceMatch,
    FaceRecord,
    UnindexedFace,
)

_PERSON_EXAMPLE: Example = {"person_id": "p-3f9c", "name": "Ana Example", "Similarity": 98.7}
_INDEX_EXAMPLE: Example = {
    "FaceRecords": [{"Face": FACE_EXAMPLE, "FaceDetail": DETAIL_EXAMPLE}],
    "UnindexedFaces": [],
    "FaceModelVersion": "1.0",
    "key": "friends/ana.jpg",
    "ExternalImageId": "friends:2Fana.jpg",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "change": "new",
    "warnings": [],
    "person_id": "p-3f9c",
}
_SEARCH_EXAMPLE: Example = {
    "faces": {
        "SearchedFaceBoundingBox": BOX_EXAMPLE,
        "SearchedFaceConfidence": 99.6,
        "FaceMatches": [MATCH_EXAMPLE],
        "FaceModelVersion": "1.0",
    },
    "matchedFaces": ["Ana Example"],
    "people": [_PERSON_EXAMPLE],
    "status": "matched",
    "name": "Ana Example",
    "min_similarity": 90.0,
    "allFaces": [
        {
            "BoundingBox": BOX_EXAMPLE,
            "Confidence": 99.6,
            "status": "matched",
            "name": "Ana Example",
            "Similarity": 99.2,
            "FaceMatches": [MATCH_EXAMPLE],
            "people": [_PERSON_EXAMPLE],
            "Reasons": [],
        },
        {
            "BoundingBox": {"Width": 0.1, "Height": 0.2, "Left": 0.7, "Top": 0.2},
            "Confidence": 98.1,
            "status": "unknown",
            "name": None,
            "Similarity": None,
            "FaceMatches": [],
            "people": [],
            "Reasons": [],
        },
    ],
}
_COMPARE_EXAMPLE: Example = {
    "SourceImageFace": {"BoundingBox": BOX_EXAMPLE, "Confidence": 99.6},
    "FaceMatches": [{"Similarity": 99.2, "Face": DETAIL_EXAMPLE}],
    "UnmatchedFaces": [],
    "min_similarity": 90.0,
}
_DETECT_EXAMPLE: Example = {
    "FaceDetails": [DETAIL_EXAMPLE],
    "image": {"width_px": 1280, "height_px": 687, "format": "JPEG"},
}

Status = Literal["matched", "unknown", "not_searched"]


class IndexAnswer(Answer):
    """What was indexed (largest face first), what was left out, and what became of the picture."""

    model_config = ConfigDict(json_schema_extra={"examples": [_INDEX_EXAMPLE]})

    FaceRecords: list[FaceRecord]
    UnindexedFaces: list[UnindexedFace]
    FaceModelVersion: str
    key: str
    ExternalImageId: str
    sha256: str
    change: Literal["new", "same", "replaced"]
    warnings: list[str] = Field(
        description="`no_face`, `several_faces`, `faces_left_out`, `duplicate_image`, "
        "`person_not_assigned`."
    )
    person_id: str | None = None


class SearchedFaces(Answer):
    """The shape of SearchFacesByImage, for the largest face."""

    SearchedFaceBoundingBox: BoundingBox
    SearchedFaceConfidence: Pct
    FaceMatches: list[FaceMatch]
    FaceModelVersion: str


class PersonFound(Answer):
    """A person, and how alike the face is to theirs."""

    person_id: str
    name: str
    Similarity: Pct


class FaceFound(Answer):
    """One face of the picture and who it is; an unknown face says so."""

    BoundingBox: BoundingBox
    Confidence: Pct
    status: Status
    name: str | None
    Similarity: Pct | None
    FaceMatches: list[FaceMatch]
    people: list[PersonFound]
    Reasons: list[Reason]


class SearchAnswer(Answer):
    """Who is in a picture; `allFaces` with `?all_faces=true`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SEARCH_EXAMPLE]})

    faces: SearchedFaces
    matched_faces: list[str] = Field(
        alias="matchedFaces",
        description="Names, best first: of people, else the keys of the pictures that match.",
    )
    people: list[PersonFound]
    status: Status
    name: str | None
    min_similarity: Pct
    all_faces: list[FaceFound] | None = Field(None, alias="allFaces")


class PictureSize(Answer):
    """The upright picture."""

    width_px: int
    height_px: int
    format: str


class DetectAnswer(Answer):
    """Every face of a picture, largest first; none is no error."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DETECT_EXAMPLE]})

    FaceDetails: list[FaceDetail]
    image: PictureSize


class SourceFace(Answer):
    """The largest face of the source."""

    BoundingBox: BoundingBox
    Confidence: Pct


class CompareMatch(Answer):
    """A face of the target that matches."""

    Similarity: Pct
    Face: ComparedFace


class CompareAnswer(Answer):
    """The largest face of one picture against every face of another, best first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COMPARE_EXAMPLE]})

    SourceImageFace: SourceFace
    FaceMatches: list[CompareMatch]
    UnmatchedFaces: list[ComparedFace]
    min_similarity: Pct
