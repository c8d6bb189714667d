"""Collections of faces: index, search, compare, detect, and the people in them."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from faceplate.domain import collections
from faceplate.domain.faces import (
    FaceDetail,
    FaceMatch,
    FaceRecord,
    LeftOutFace,
    QualityFilter,
    Reason,
)
from faceplate.domain.people import PersonMatch
from faceplate.ports.pictures import PictureInfo


class Capability(enum.StrEnum):
    """What a recognizer may or may not be able to do."""

    SEARCH_ALL_FACES = "search_all_faces"
    AGE_RANGE = "age_range"
    GENDER = "gender"
    MIGRATE = "migrate"


@dataclass(frozen=True, slots=True)
class IndexRequest:
    """One picture to index.

    ``image_key`` and ``metadata`` are remembered with every face. ``replaces`` are FaceIds of the
    same collection that vanish in the same step in which the new ones appear; ids that come out
    again are kept.
    """

    collection_id: str
    data: bytes
    sha256: str
    external_image_id: str | None = None
    image_key: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    max_faces: int = 100
    quality_filter: QualityFilter = QualityFilter.AUTO
    attributes: Collection[str] = ()
    replaces: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class IndexOutcome:
    """What was indexed (largest box first), what was left out and why."""

    info: PictureInfo
    image_id: str
    model: str
    faces: Sequence[FaceRecord]
    left_out: Sequence[LeftOutFace]


@dataclass(frozen=True, slots=True)
class FaceAnswer:
    """One face of the picture that was searched, and who it may be.

    ``faces`` and ``people`` are best first; both empty means unknown, and ``reasons`` then may say
    that the face was not searched at all.
    """

    detail: FaceDetail
    faces: Sequence[FaceMatch]
    people: Sequence[PersonMatch]
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class CompareOutcome:
    """The largest face of the source against every face of the target."""

    source: FaceDetail
    matches: Sequence[tuple[FaceDetail, float]]
    unmatched: Sequence[FaceDetail]


class AssociationProblem(enum.StrEnum):
    """Why a face was not associated or disassociated, as Rekognition names it."""

    FACE_NOT_FOUND = "FACE_NOT_FOUND"
    ASSOCIATED_TO_A_DIFFERENT_USER = "ASSOCIATED_TO_A_DIFFERENT_USER"
    LOW_MATCH_CONFIDENCE = "LOW_MATCH_CONFIDENCE"


@dataclass(frozen=True, slots=True)
class AssociationOutcome:
    """Which faces now (or no longer) belong to the person, and which not and why."""

    done: Sequence[str]
    failed: Mapping[str, AssociationProblem]


class Recognizer(Protocol):
    """Amazon Rekognition's face operations, as this service needs them.

    Raises, from methods that name a collection: ``NotFound`` with code ``collection_not_found``.
    From methods that take a picture: ``InvalidImage`` and its kinds.
    """

    @property
    def capabilities(self) -> Collection[Capability]:
        """What it can do beyond the methods' plain meaning."""
        ...

    @property
    def model(self) -> str:
        """The model a new collection would get."""
        ...

    @property
    def max_faces_of_person(self) -> int | None:
        """How many faces one person may have; None for no limit."""
        ...

    def step(self, collection_id: str) -> AbstractContextManager[None]:
        """Make all that this thread changes of a collection inside the block one step.

        What is written to the same records is part of it. When the block or the step fails, the
        records are as before, and the same calls can be made again.
        """
        ...

    def create_collection(
        self, collection_id: str, tags: Mapping[str, str] | None = None
    ) -> collections.Collection:
        """Create an empty collection.

        Raises:
            Conflict: Code ``collection_exists``.
        """
        ...

    def delete_collection(self, collection_id: str) -> None:
        """Delete a collection and all that is in it, and free its memory."""
        ...

    def index_faces(
        self, request: IndexRequest, finish: Callable[[IndexOutcome], None] | None = None
    ) -> IndexOutcome:
        """Index every face of a picture, all or nothing.

        ``finish`` is called once the faces are known and before they can be found. What it writes
        to the same records is part of the same step where the recognizer can do that; when it
        raises, nothing is indexed.
        """
        ...

    def delete_faces(
        self,
        collection_id: str,
        face_ids: Sequence[str],
        finish: Callable[[Sequence[str]], None] | None = None,
    ) -> Sequence[str]:
        """Delete faces and return the ids that existed; ``finish`` as in `index_faces`."""
        ...

    def detect_faces(
        self, data: bytes, *, attributes: Collection[str] = ()
    ) -> tuple[PictureInfo, Sequence[FaceDetail]]:
        """Describe up to 100 faces, largest first; an empty list when there is none."""
        ...

    def compare_faces(
        self,
        source: bytes,
        target: bytes,
        *,
        min_similarity_pct: float,
        quality_filter: QualityFilter = QualityFilter.NONE,
    ) -> CompareOutcome:
        """Compare the largest face of ``source`` with up to 100 of ``target``, best match first.

        Raises:
            NoFaceFound: ``details['image']`` is ``source`` or ``target``.
        """
        ...

    def search_image(
        self,
        collection_id: str,
        data: bytes,
        *,
        limit: int,
        min_similarity_pct: float,
        quality_filter: QualityFilter = QualityFilter.NONE,
        all_faces: bool = False,
    ) -> tuple[PictureInfo, Sequence[FaceAnswer]]:
        """Search for the largest face, or every face, of a picture; largest first.

        Raises:
            NoFaceFound: The picture shows no face.
            Unsupported: ``all_faces`` without the capability.
        """
        ...

    def search_face(
        self, collection_id: str, face_id: str, *, limit: int, min_similarity_pct: float
    ) -> Sequence[FaceMatch]:
        """Search for faces like one of the collection, leaving itself out.

        Raises:
            NotFound: Code ``face_not_found``.
        """
        ...

    def associate_faces(
        self,
        collection_id: str,
        person_id: str,
        face_ids: Sequence[str],
        *,
        min_similarity_pct: float,
    ) -> AssociationOutcome:
        """Make faces a person's; those less alike than asked to the person's are refused.

        Raises:
            NotFound: Code ``person_not_found``.
            Conflict: Code ``too_many_faces_of_person``; nothing was changed.
        """
        ...

    def disassociate_faces(
        self, collection_id: str, person_id: str, face_ids: Sequence[str]
    ) -> AssociationOutcome:
        """Take faces from a person; they stay in the collection."""
        ...

    def delete_person(self, collection_id: str, person_id: str) -> None:
        """Delete the person; their faces stay and belong to nobody.

        Raises:
            NotFound: Code ``person_not_found``.
        """
        ...

    def searchable(self, collection_id: str, face_ids: Sequence[str]) -> Sequence[str]:
        """Return those of the faces that a search could still find; the proof after a deletion."""
        ...

    def refresh(self) -> None:
        """Forget what is held in memory, because the store was replaced underneath."""
        ...

    def ping(self) -> None:
        """Raise when the next call could not work."""
        ...
