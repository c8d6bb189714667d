"""The people of a collection as Rekognition's users."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from faceplate.adapters.aws import rekognition
from faceplate.adapters.aws.convert import to_problem
from faceplate.adapters.aws.rekognition import RekognitionCalls
from faceplate.domain.errors import Conflict, FaceplateError, NotFound
from faceplate.domain.faces import FaceRecord
from faceplate.ports.recognizer import AssociationOutcome, AssociationProblem
from faceplate.ports.records import Records

MAX_FACES_OF_PERSON = 100
"""Source: Rekognition's AssociateFaces, for one user."""


class RekognitionPeople:
    """Give faces to people and take them away, in Rekognition and in the records.

    A user is made in Rekognition with its person's first face.
    """

    def __init__(self, *, calls: RekognitionCalls, records: Records) -> None:
        self._calls = calls
        self._records = records

    @property
    def max_faces_of_person(self) -> int:
        """How many faces a user may have."""
        return MAX_FACES_OF_PERSON

    @contextlib.contextmanager
    def step(self, collection_id: str) -> Iterator[None]:  # noqa: ARG002 - the port's signature
        """Make all that the records get inside the block one step.

        Rekognition is not undone when that fails; the same calls made again find it half done.
        """
        with self._records.unit():
            yield

    def associate_faces(
        self,
        collection_id: str,
        person_id: str,
        face_ids: Sequence[str],
        *,
        min_similarity_pct: float,
    ) -> AssociationOutcome:
        """Make faces a person's, as many at once as Rekognition takes."""
        self._require_person(collection_id, person_id)
        asked = list(dict.fromkeys(face_ids))
        failed: dict[str, AssociationProblem] = {}
        known = self._records.get_faces(collection_id, asked)
        for face_id in asked:
            problem = None
            if face_id not in known:
                problem = AssociationProblem.FACE_NOT_FOUND
            elif known[face_id].person_id not in {None, person_id}:
                problem = AssociationProblem.ASSOCIATED_TO_A_DIFFERENT_USER
            if problem is not None:
                failed[face_id] = problem
        good = [face_id for face_id in asked if face_id not in failed]
        self._require_room(collection_id, person_id, [known[face_id] for face_id in good])
        for start in range(0, len(good), rekognition.MAX_USER_FACE_IDS):
            some = good[start : start + rekognition.MAX_USER_FACE_IDS]
            failed.update(self._give(collection_id, person_id, some, min_similarity_pct))
        done = [face_id for face_id in good if face_id not in failed]
        return AssociationOutcome(done=done, failed=failed)

    def disassociate_faces(
        self, collection_id: str, person_id: str, face_ids: Sequence[str]
    ) -> AssociationOutcome:
        """Take faces from a person."""
        self._require_person(collection_id, person_id)
        asked = list(dict.fromkeys(face_ids))
        known = self._records.get_faces(collection_id, asked)
        failed: dict[str, AssociationProblem] = {}
        for face_id in asked:
            whose = known[face_id].person_id if face_id in known else None
            if whose is None:
                failed[face_id] = AssociationProblem.FACE_NOT_FOUND
            elif whose != person_id:
                failed[face_id] = AssociationProblem.ASSOCIATED_TO_A_DIFFERENT_USER
        done = [face_id for face_id in asked if face_id not in failed]
        with self._records.unit():
            self._records.assign_faces(collection_id, done, None)
            self._calls.disassociate(collection_id, person_id, done)
        return AssociationOutcome(done=done, failed=failed)

    def delete_person(self, collection_id: str, person_id: str) -> None:
        """Delete a person and keep the faces."""
        with self._records.unit():
            if not self._records.delete_person(collection_id, person_id):
                raise NotFound("There is no such person.", code="person_not_found")
            self._calls.delete_user(collection_id, person_id)

    # parts

    def _give(
        self, collection_id: str, person_id: str, face_ids: Sequence[str], min_similarity_pct: float
    ) -> Mapping[str, AssociationProblem]:
        """Give faces to a person in both places, or on an error in neither; return the refused."""
        try:
            failed = {
                str(refusal["FaceId"]): to_problem(refusal["Reasons"])
                for refusal in self._calls.associate(
                    collection_id, person_id, face_ids, min_similarity_pct
                )
            }
            taken = [face_id for face_id in face_ids if face_id not in failed]
            kept = self._records.assign_faces(collection_id, taken, person_id)
        except BaseException:
            self._let_go(collection_id, person_id, face_ids)
            raise
        gone = [face_id for face_id in taken if face_id not in kept]
        return failed | dict.fromkeys(gone, AssociationProblem.FACE_NOT_FOUND)

    def _let_go(self, collection_id: str, person_id: str, face_ids: Sequence[str]) -> None:
        """Take from a user what the records do not give to its person; and a user of nobody.

        What cannot be done now is left to `Reconciliation`.
        """
        with contextlib.suppress(FaceplateError):
            known = self._records.get_faces(collection_id, face_ids)
            theirs = {face_id for face_id, face in known.items() if face.person_id == person_id}
            strange = [face_id for face_id in face_ids if face_id not in theirs]
            self._calls.disassociate(collection_id, person_id, strange)
            if not self._records.get_people(collection_id, [person_id]):
                self._calls.delete_user(collection_id, person_id)

    def _require_room(
        self, collection_id: str, person_id: str, wanted: Sequence[FaceRecord]
    ) -> None:
        new = sum(face.person_id is None for face in wanted)
        held = self._records.list_faces(
            collection_id, limit=MAX_FACES_OF_PERSON, person_id=person_id
        ).items
        if new and len(held) + new > MAX_FACES_OF_PERSON:
            raise Conflict(
                f"The person has {len(held)} faces and would have {len(held) + new}; Amazon "
                f"Rekognition allows {MAX_FACES_OF_PERSON}.",
                code="too_many_faces_of_person",
            )

    def _require_person(self, collection_id: str, person_id: str) -> None:
        if person_id not in self._records.get_people(collection_id, [person_id]):
            raise NotFound("There is no such person.", code="person_not_found")
