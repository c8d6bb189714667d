"""Stored pictures."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from faceplate.http.schemas.base import Answer, Example, Metadata, Moment, NextToken
from faceplate.http.schemas.faces import DETAIL_EXAMPLE, FACE_EXAMPLE, Face, FaceDetail

_IMAGE_EXAMPLE: Example = {
    "key": "friends/ana.jpg",
    "ExternalImageId": "friends:2Fana.jpg",
    "ImageId": "c0a4a1de-52a0-5d6b-9a2e-6d2f0a4a8f10",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size_bytes": 183_201,
    "content_type": "image/jpeg",
    "width_px": 1280,
    "height_px": 687,
    "model": "mobilefacenet@1.0",
    "created_at": "2030-01-01T12:00:00Z",
    "metadata": {"album": "summer"},
    "warnings": [],
    "has_bytes": True,
}


class ImageItem(Answer):
    """The record of a picture; `has_bytes` is false once its bytes were erased with a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [_IMAGE_EXAMPLE]})

    key: str
    ExternalImageId: str
    ImageId: str
    sha256: str
    size_bytes: int
    content_type: str
    width_px: int
    height_px: int
    model: str
    created_at: Moment
    metadata: Metadata
    warnings: list[str]
    has_bytes: bool


class ImageList(Answer):
    """A page of pictures, by key."""

    images: list[ImageItem]
    next_token: NextToken


class FaceOwner(Answer):
    """The person a face belongs to."""

    person_id: str
    name: str


class ImageFace(Face):
    """A face of a stored picture, all that was seen of it, and whose it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**FACE_EXAMPLE, "FaceDetail": DETAIL_EXAMPLE, "person": None}]
        }
    )

    FaceDetail: FaceDetail
    person: FaceOwner | None


class ImageFaces(Answer):
    """The faces of a stored picture, largest first."""

    key: str
    faces: list[ImageFace]


class ImageDeletion(Answer):
    """A deleted picture, with counts before and by a fresh look after."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "key": "friends/ana.jpg",
                    "deleted": True,
                    "before": {"images": 1, "bytes": 1, "faces": 3, "vectors": 3},
                    "after": {"images": 0, "bytes": 0, "faces": 0, "vectors": 0},
                }
            ]
        }
    )

    key: str
    deleted: Literal[True]
    before: dict[str, int]
    after: dict[str, int]
