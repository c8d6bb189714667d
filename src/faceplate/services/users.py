"""People as Amazon Rekognition's users: limits and answers that its clients count on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from faceplate.domain.errors import Conflict, NotFound
from faceplate.domain.faces import Embedding, FaceRecord
from faceplate.domain.matching import Calibration
from faceplate.domain.people import PersonMatch
from faceplate.ports.recognizer import AssociationProblem
from faceplate.ports.records import Records
from faceplate.services.collections import Collections
from faceplate.services.local_recognizer import LocalRecognizer
from faceplate.services.people import People

MAX_FACES_OF_A_USER = 100
"""Source: Amazon Rekognition's AssociateFaces."""


@dataclass(frozen=True, slots=True)
class FaceProblem:
    """Why a face was not taken or given: ``problem`` is None when the user's 100 are reached.

    ``owner`` is whom it belongs to; ``similarity_pct`` is set where that was the reason.
    """

    face_id: str
    problem: AssociationProblem | None
    owner: str | None = None
    similarity_pct: float | None = None


@dataclass(frozen=True, slots=True)
class UserChange:
    """Faces that changed hands, those that did not, and whether the user has any face now."""

    done: Sequence[str]
    failed: Sequence[FaceProblem]
    has_faces: bool


class Users:
    """The people of a collection, with the rules of Rekognition's protocol on top."""

    def __init__(
        self,
        *,
        recognizer: LocalRecognizer,
        records: Records,
        people: People,
        collections: Collections,
    ) -> None:
        self._recognizer = recognizer
        self._records = records
        self._people = people
        self._collections = collections

    def create(self, collection_id: str, user_id: str) -> None:
        """Create a user without faces, in a collection that is there.

        Raises:
            NotFound: Code ``collection_not_found``.
            Conflict: Code ``person_exists``.
        """
        self._collections.get(collection_id)
        with self._recognizer.space.changing(collection_id), self._records.unit():
            self._collections.get(collection_id)
            self._people.create(user_id, collection_id=collection_id, person_id=user_id)

    def delete(self, collection_id: str, user_id: str) -> None:
        """Delete a user; the faces stay and belong to nobody.

        Raises:
            NotFound: Code ``collection_not_found`` or ``person_not_found``.
        """
        self._recognizer.delete_person(collection_id, user_id)

    def have_faces(self, collection_id: str, user_ids: Sequence[str]) -> Mapping[str, bool]:
        """Tell which users have a face."""
        return {
            user_id: bool(self._records.list_faces(collection_id, limit=1, person_id=user_id).items)
            for user_id in user_ids
        }

    def associate(
        self,
        collection_id: str,
        user_id: str,
        face_ids: Sequence[str],
        *,
        min_similarity_pct: float,
    ) -> UserChange:
        """Give faces to a user; those that are the user's already are passed over in silence.

        Faces that would be more than 100 are left out; when there is room for none, it is an error.

        Raises:
            NotFound: Code ``collection_not_found`` or ``person_not_found``.
            Conflict: Code ``too_many_faces_of_person``; nothing was changed.
        """
        self._require(collection_id, user_id)
        with self._recognizer.space.changing(collection_id), self._records.unit():
            held = self._records.get_faces(collection_id, face_ids)
            wanted = [
                face_id
                for face_id in dict.fromkeys(face_ids)
                if face_id not in held or held[face_id].person_id != user_id
            ]
            outcome = self._recognizer.associate_faces(
                collection_id, user_id, wanted, min_similarity_pct=min_similarity_pct
            )
            problems: dict[str, AssociationProblem | None] = dict(outcome.failed)
            excess = self._give_back(collection_id, user_id, outcome.done)
            problems.update(dict.fromkeys(excess))
            done = [face_id for face_id in outcome.done if face_id not in problems]
            failed = [
                self._problem(collection_id, face_id, user_id, problems[face_id], held)
                for face_id in wanted
                if face_id in problems
            ]
            has_faces = self.have_faces(collection_id, [user_id])[user_id]
        return UserChange(done, failed, has_faces)

    def disassociate(self, collection_id: str, user_id: str, face_ids: Sequence[str]) -> UserChange:
        """Take faces from a user; those that are nobody's are passed over in silence.

        Raises:
            NotFound: Code ``collection_not_found`` or ``person_not_found``.
        """
        self._require(collection_id, user_id)
        with self._recognizer.space.changing(collection_id), self._records.unit():
            held = self._records.get_faces(collection_id, face_ids)
            wanted = [
                face_id
                for face_id in dict.fromkeys(face_ids)
                if face_id not in held or held[face_id].person_id is not None
            ]
            outcome = self._recognizer.disassociate_faces(collection_id, user_id, wanted)
            failed = [
                self._problem(collection_id, face_id, user_id, problem, held)
                for face_id, problem in outcome.failed.items()
            ]
            has_faces = self.have_faces(collection_id, [user_id])[user_id]
        return UserChange(outcome.done, failed, has_faces)

    def delete_faces(
        self, collection_id: str, face_ids: Sequence[str]
    ) -> tuple[Sequence[str], Mapping[str, str | None]]:
        """Delete faces that are nobody's.

        Returns:
            The ids that are gone, and of the others whose they are; None for those not found.

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        self._collections.get(collection_id)
        with self._recognizer.space.changing(collection_id), self._records.unit():
            held = self._records.get_faces(collection_id, face_ids)
            refused = {
                face_id: None if face_id not in held else held[face_id].person_id
                for face_id in dict.fromkeys(face_ids)
                if face_id not in held or held[face_id].person_id is not None
            }
            free = [face_id for face_id in held if face_id not in refused]
            return self._recognizer.delete_faces(collection_id, free), refused

    def like_face(
        self, collection_id: str, face_id: str, *, limit: int, min_similarity_pct: float
    ) -> Sequence[PersonMatch]:
        """Return the users most like a face of the collection, its own user among them.

        Raises:
            NotFound: Code ``collection_not_found`` or ``face_not_found``.
        """
        self._recognizer.require_same_model(collection_id)
        vector = self._recognizer.space.face_vector(collection_id, face_id)
        if vector is None:
            raise NotFound("There is no such face in the collection.", code="face_not_found")
        return self.nearest(collection_id, vector, limit, min_similarity_pct)

    def like_user(
        self, collection_id: str, user_id: str, *, limit: int, min_similarity_pct: float
    ) -> Sequence[PersonMatch]:
        """Return the other users most like a user; none when the user has no face.

        Raises:
            NotFound: Code ``collection_not_found`` or ``person_not_found``.
        """
        self._recognizer.require_same_model(collection_id)
        self._people.get(user_id, collection_id=collection_id)
        vector = self._recognizer.space.person_vector(collection_id, user_id)
        if vector is None:
            return []
        found = self.nearest(collection_id, vector, limit + 1, min_similarity_pct)
        return [match for match in found if match.person.person_id != user_id][:limit]

    def nearest(
        self, collection_id: str, vector: Embedding, limit: int, min_similarity_pct: float
    ) -> Sequence[PersonMatch]:
        """Return the users nearest to a faceprint, best first."""
        floor = self._calibration.min_cosine(min_similarity_pct)
        near = self._recognizer.space.nearest_people(collection_id, vector, limit, floor)
        people = self._records.get_people(collection_id, [person_id for person_id, _ in near])
        return [
            PersonMatch(people[person_id], self._calibration.similarity_pct(cosine))
            for person_id, cosine in near
            if person_id in people
        ]

    # parts

    @property
    def _calibration(self) -> Calibration:
        return self._recognizer.calibration

    def _require(self, collection_id: str, user_id: str) -> None:
        self._collections.get(collection_id)
        self._people.get(user_id, collection_id=collection_id)

    def _give_back(self, collection_id: str, user_id: str, added: Sequence[str]) -> Sequence[str]:
        """Take back what a user was given beyond 100 faces; return those."""
        most = MAX_FACES_OF_A_USER + len(added)
        held = self._records.list_faces(collection_id, limit=most + 1, person_id=user_id).items
        room = max(0, MAX_FACES_OF_A_USER - (len(held) - len(added)))
        excess = added[room:]
        if added and not room:
            raise Conflict(
                f"The user has {MAX_FACES_OF_A_USER} faces already, which is the limit.",
                code="too_many_faces_of_person",
            )
        if excess:
            self._recognizer.disassociate_faces(collection_id, user_id, excess)
        return excess

    def _problem(
        self,
        collection_id: str,
        face_id: str,
        user_id: str,
        problem: AssociationProblem | None,
        held: Mapping[str, FaceRecord],
    ) -> FaceProblem:
        owner = held[face_id].person_id if face_id in held else None
        similarity = None
        if problem is AssociationProblem.LOW_MATCH_CONFIDENCE:
            owner = user_id
            space = self._recognizer.space
            face = space.face_vector(collection_id, face_id)
            person = space.person_vector(collection_id, user_id)
            assert face is not None  # noqa: S101 - they were compared in this very step
            assert person is not None  # noqa: S101
            similarity = self._calibration.similarity_pct(float(face @ person))
        return FaceProblem(face_id, problem, owner, similarity)
