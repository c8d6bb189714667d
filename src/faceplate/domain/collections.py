"""Collections: named sets of faces that are searched together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from faceplate.domain.errors import InvalidParameter

_COLLECTION_ID = re.compile(r"[a-zA-Z0-9_.\-]{1,255}")
_PERSON_ID = re.compile(r"[a-zA-Z0-9_.\-:]{1,128}")


@dataclass(frozen=True, slots=True)
class Collection:
    """A set of faces made with one model; ``tags`` as Rekognition keeps them."""

    collection_id: str
    model: str
    created_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CollectionSize:
    """How many faces and people a collection holds."""

    faces: int
    people: int
    images: int


def require_collection_id(value: str) -> str:
    """Return ``value`` when it fits Rekognition's pattern for CollectionId."""
    if not _COLLECTION_ID.fullmatch(value):
        raise InvalidParameter(
            "collection_id must have 1 to 255 characters of a-z, A-Z, 0-9, _ . and -.",
            parameter="collection_id",
        )
    return value


def require_person_id(value: str) -> str:
    """Return ``value`` when it fits Rekognition's pattern for UserId."""
    if not _PERSON_ID.fullmatch(value):
        raise InvalidParameter(
            "person_id must have 1 to 128 characters of a-z, A-Z, 0-9, _ . - and :.",
            parameter="person_id",
        )
    return value
