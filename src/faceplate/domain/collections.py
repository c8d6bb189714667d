"""Collections: named sets of faces that are searched together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from faceplate.domain.errors import InvalidParameter

MAX_TAGS = 200
"""Source: the size of TagMap in Amazon Rekognition's service model."""

_COLLECTION_ID = re.compile(r"[a-zA-Z0-9_.\-]{1,255}")
_PERSON_ID = re.compile(r"[a-zA-Z0-9_.\-:]{1,128}")
_ARN = re.compile(
    r"(?:arn:)?aws[a-z-]*:rekognition:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12})"
    r":collection/(?P<collection_id>[a-zA-Z0-9_.\-]{1,255})"
)


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


def collection_arn(collection_id: str, *, region: str, account_id: str) -> str:
    """Return a collection's Amazon resource name.

    Source: Amazon Rekognition's ``arn:aws:rekognition:<region>:<account>:collection/<id>``.
    """
    return f"arn:aws:rekognition:{region}:{account_id}:collection/{collection_id}"


def collection_of_arn(arn: str, *, account_id: str) -> str | None:
    """Return the id of the collection an ARN names; None when it names something else.

    The region is not looked at: one installation answers for every region. The leading ``arn:`` may
    be missing, as it is in the answers of Amazon's own examples.
    """
    parts = _ARN.fullmatch(arn)
    if parts is None or parts["account"] != account_id:
        return None
    return parts["collection_id"]
