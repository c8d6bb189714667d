"""People: several faces, one person, and why we may keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """Why and until when a person's faceprints may be kept.

    The person is erased on the first run after ``expires_on`` has passed (UTC).
    """

    purpose: str
    given_on: date
    expires_on: date | None = None


def stricter(one: Consent | None, other: Consent | None) -> Consent | None:
    """Return what may still be said of two people who prove to be one: what ends first."""
    if one is None or other is None:
        return one or other
    ends = [consent.expires_on or date.max for consent in (one, other)]
    return one if ends[0] <= ends[1] else other


@dataclass(frozen=True, slots=True)
class Person:
    """A Rekognition user with a name, metadata and consent. ``name`` defaults to the id."""

    collection_id: str
    person_id: str
    name: str
    created_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    consent: Consent | None = None

    def is_expired(self, today: date) -> bool:
        """Tell whether consent has run out."""
        return (
            self.consent is not None
            and self.consent.expires_on is not None
            and self.consent.expires_on < today
        )


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """A person and how alike they are, 0 to 100."""

    person: Person
    similarity_pct: float


@dataclass(frozen=True, slots=True)
class ErasureProof:
    """Counts of what existed before and what a fresh look found afterwards (all zero)."""

    before: Mapping[str, int]
    after: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log. ``subject`` is a keyed digest, never a name or an id in clear."""

    at: datetime
    action: str
    actor: str
    subject: str
    counts: Mapping[str, int] = field(default_factory=dict)
