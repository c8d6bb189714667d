"""The people of a collection as Rekognition's users."""

from __future__ import annotations

from collections.abc import Sequence

from faceplate.adapters.aws.convert import to_problem
from faceplate.adapters.aws.rekognition import RekognitionCalls
from faceplate.domain.errors import NotFound
from faceplate.ports.recognizer import AssociationOutcome, AssociationProblem
from faceplate.ports.records import Records


class RekognitionPeople:
    """Give faces to people and take them away, in Rekognition and in the records.

    A user is made in Rekognition with its person's first face.
    """

    def __init__(self, *, calls: RekognitionCalls, records: Records) -> None:
        self._calls = calls
        self._records = records

    def associate_faces(
        self,
        collection_id: str,
        person_id: str,
        face_ids: Sequence[str],
        *,
        min_similarity_pct: float,
    ) -> AssociationOutcome:
        """Make faces a person's."""
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
        for refusal in self._calls.associate(collection_id, person_id, good, min_similarity_pct):
            failed[refusal["FaceId"]] = to_problem(refusal["Reasons"])
        done = [face_id for face_id in good if face_id not in failed]
        self._records.assign_faces(collection_id, done, person_id)
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

    def _require_person(self, collection_id: str, person_id: str) -> None:
        if person_id not in self._records.get_people(collection_id, [person_id]):
            raise NotFound("There is no such person.", code="person_not_found")
