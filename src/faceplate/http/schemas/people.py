"""People, consent, and the audit log."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from faceplate.http.schemas.base import Answer, Example, Metadata, Moment, NextToken, RequestBody
from faceplate.http.schemas.faces import FaceItem

_CONSENT_EXAMPLE: Example = {
    "purpose": "door badge",
    "given_on": "2030-01-01",
    "expires_on": "2031-01-01",
}
PERSON_EXAMPLE: Example = {
    "person_id": "p-3f9c",
    "name": "Ana Example",
    "status": "ACTIVE",
    "face_count": 2,
    "metadata": {},
    "consent": _CONSENT_EXAMPLE,
    "created_at": "2030-01-01T12:00:00Z",
}


def _read_date(value: object) -> object:
    """Take an ISO date as JSON has it; anything else is judged as it is."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


Day = Annotated[date, BeforeValidator(_read_date, json_schema_input_type=date)]
PersonId = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_.\-:]{1,128}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
FaceId = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class ConsentAnswer(Answer):
    """Why and until when faceprints may be kept."""

    purpose: str
    given_on: date
    expires_on: date | None


class PersonAnswer(Answer):
    """A person: Rekognition's user, with a name."""

    model_config = ConfigDict(json_schema_extra={"examples": [PERSON_EXAMPLE]})

    person_id: str
    name: str
    status: Literal["CREATED", "ACTIVE"]
    face_count: int
    metadata: Metadata
    consent: ConsentAnswer | None
    created_at: Moment


class PeopleList(Answer):
    """A page of people, by person_id."""

    people: list[PersonAnswer]
    next_token: NextToken


class PersonFaces(Answer):
    """A page of a person's faces, by FaceId."""

    faces: list[FaceItem]
    next_token: NextToken


class ConsentBody(RequestBody):
    """Why and until when faceprints may be kept; given today when it does not say."""

    purpose: str = Field(min_length=1, max_length=500)
    given_on: Day | None = None
    expires_on: Day | None = None


class NewPerson(RequestBody):
    """A person to create."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Ana Example", "consent": _CONSENT_EXAMPLE}]}
    )

    name: Name
    person_id: PersonId | None = None
    metadata: Metadata | None = None
    consent: ConsentBody | None = None


class PersonChange(RequestBody):
    """What to change; `consent: null` withdraws the consent and erases nobody."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ana M. Example"}]})

    name: Name | None = None
    metadata: Metadata | None = None
    consent: ConsentBody | None = None


class PersonRemoval(Answer):
    """A person erased (or only forgotten), with counts before and by a fresh look after."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "person_id": "p-3f9c",
                    "erased": True,
                    "before": {"people": 1, "faces": 2, "vectors": 2, "bytes": 2},
                    "after": {"people": 0, "faces": 0, "vectors": 0, "bytes": 0},
                }
            ]
        }
    )

    person_id: str
    erased: bool
    before: dict[str, int]
    after: dict[str, int]


class FaceAssignment(RequestBody):
    """Faces to give to a person."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"face_ids": ["7f1d3a3e-2a2d-5d0c-8f5e-0e7f4f5a9b11"]}]}
    )

    face_ids: list[FaceId] = Field(min_length=1, max_length=100)
    reassign: bool = Field(default=False, description="Take them from whom they belong to.")
    min_similarity: float = Field(
        0, ge=0, le=100, description="Refuse faces less alike than this to the person's."
    )


class AssociationFailure(Answer):
    """A face that was not given or taken, and why."""

    FaceId: str
    Reason: Literal["FACE_NOT_FOUND", "ASSOCIATED_TO_A_DIFFERENT_USER", "LOW_MATCH_CONFIDENCE"]


class Associated(Answer):
    """Which faces now belong to the person."""

    associated: list[str]
    failed: list[AssociationFailure]
    person: PersonAnswer


class Disassociated(Answer):
    """Which faces no longer belong to the person."""

    disassociated: list[str]
    failed: list[AssociationFailure]
    person: PersonAnswer


class Merge(RequestBody):
    """People whose faces this person gets; they are deleted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": ["p-77aa"]}]})

    others: list[PersonId] = Field(alias="from", min_length=1, max_length=100)


class Purge(RequestBody):
    """Erase everyone whose consent has run out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"dry_run": True}]})

    dry_run: bool = Field(default=False, description="Only count them.")


class PurgeAnswer(Answer):
    """How many had expired, and how many were erased."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expired": 2, "erased": 2}]})

    expired: int
    erased: int


class AuditItem(Answer):
    """A line of the audit log; `subject` is a keyed digest, no personal data."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "at": "2030-01-01T12:00:00Z",
                    "action": "erase_person",
                    "actor": "api",
                    "subject": "9f86d081884c7d659a2feaa0c55ad015",
                    "counts": {"people": 1, "faces": 2, "vectors": 2, "bytes": 2},
                }
            ]
        }
    )

    at: Moment
    action: str
    actor: str
    subject: str
    counts: dict[str, int]


class AuditList(Answer):
    """A page of the audit log, oldest first."""

    entries: list[AuditItem]
    next_token: NextToken
