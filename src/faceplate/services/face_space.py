"""Keep the vectors in memory in step with the records, and people's vectors with their faces."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from faceplate.domain.errors import NotFound
from faceplate.domain.faces import Embedding, FaceRecord
from faceplate.domain.matching import mean_direction, stack
from faceplate.ports.recognizer import AssociationOutcome, AssociationProblem
from faceplate.ports.records import Records
from faceplate.ports.vectors import Vectors

_PAGE = 1000


@dataclass(slots=True)
class _Staged:
    """Changes of one write that memory gets once the records have committed."""

    collection_id: str
    add: dict[str, Embedding] = field(default_factory=dict)
    remove: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)


class FaceSpace:
    """Two vector spaces for each collection: its faces, and its people.

    A person's vector is the mean of their faces' vectors (of the first 1,000), of length 1. A
    writer holds `changing` around its unit of records and calls `stage` inside; memory changes when
    the block ends well, and stays as it was when it does not.
    """

    def __init__(self, *, vectors: Vectors, records: Records) -> None:
        self._vectors = vectors
        self._records = records
        self._loaded: set[str] = set()
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()
        self._local = threading.local()

    @contextmanager
    def changing(self, collection_id: str) -> Iterator[None]:
        """Hold the collection for one writer; apply what was staged when the block ends well.

        A block inside another of the same collection joins it.
        """
        with self._lock(collection_id):
            outer: _Staged | None = getattr(self._local, "staged", None)
            if outer is not None and outer.collection_id == collection_id:
                yield
                return
            self._load(collection_id)
            staged = self._local.staged = _Staged(collection_id)
            try:
                yield
            finally:
                self._local.staged = outer
            if collection_id in self._loaded:
                try:
                    self._apply(collection_id, staged)
                except BaseException:
                    # The records have committed: read memory anew rather than keep it half right.
                    self.forget(collection_id)
                    raise

    def stage(
        self,
        added: Sequence[FaceRecord],
        removed: Sequence[str],
        people: Sequence[str],
    ) -> None:
        """Note what a unit of records changes: new faces, gone faces, people to work out again."""
        staged: _Staged = self._local.staged
        staged.remove.update(removed)
        staged.add.update(
            {face.face_id: face.embedding for face in added if face.embedding is not None}
        )
        staged.people.update(people)
        staged.people.update(face.person_id for face in added if face.person_id is not None)

    def nearest_faces(
        self, collection_id: str, query: Embedding, limit: int, min_cosine: float
    ) -> Sequence[tuple[str, float]]:
        """Return the nearest faces of a collection, best first."""
        self._ready(collection_id)
        return self._vectors.nearest(
            _faces(collection_id), query, limit=limit, min_cosine=min_cosine
        )

    def nearest_people(
        self, collection_id: str, query: Embedding, limit: int, min_cosine: float
    ) -> Sequence[tuple[str, float]]:
        """Return the nearest people of a collection, best first."""
        self._ready(collection_id)
        return self._vectors.nearest(
            _people(collection_id), query, limit=limit, min_cosine=min_cosine
        )

    def face_vector(self, collection_id: str, face_id: str) -> Embedding | None:
        """Return the vector of one face."""
        self._ready(collection_id)
        return self._vectors.get(_faces(collection_id), face_id)

    def person_vector(self, collection_id: str, person_id: str) -> Embedding | None:
        """Return the vector of one person, who has none without a face."""
        self._ready(collection_id)
        return self._vectors.get(_people(collection_id), person_id)

    def associate(
        self,
        collection_id: str,
        person_id: str,
        face_ids: Sequence[str],
        *,
        min_cosine: float,
    ) -> AssociationOutcome:
        """Give faces to a person, those unlike the person's other faces excepted."""
        with self.changing(collection_id), self._records.unit():
            self._require_person(collection_id, person_id)
            faces = self._records.get_faces(collection_id, face_ids)
            mean = self._vectors.get(_people(collection_id), person_id)
            failed: dict[str, AssociationProblem] = {}
            done: list[str] = []
            for face_id in dict.fromkeys(face_ids):
                problem = self._problem(collection_id, faces.get(face_id), person_id)
                if problem is None and mean is not None and faces[face_id].person_id is None:
                    vector = self._vectors.get(_faces(collection_id), face_id)
                    if vector is not None and float(vector @ mean) < min_cosine:
                        problem = AssociationProblem.LOW_MATCH_CONFIDENCE
                if problem is None:
                    done.append(face_id)
                else:
                    failed[face_id] = problem
            self._records.assign_faces(collection_id, done, person_id)
            self.stage((), (), [person_id])
        return AssociationOutcome(done=done, failed=failed)

    def disassociate(
        self, collection_id: str, person_id: str, face_ids: Sequence[str]
    ) -> AssociationOutcome:
        """Take faces from a person."""
        with self.changing(collection_id), self._records.unit():
            self._require_person(collection_id, person_id)
            faces = self._records.get_faces(collection_id, face_ids)
            failed: dict[str, AssociationProblem] = {}
            done: list[str] = []
            for face_id in dict.fromkeys(face_ids):
                face = faces.get(face_id)
                problem = self._problem(collection_id, face, person_id)
                if face is not None and face.person_id is None:
                    problem = AssociationProblem.FACE_NOT_FOUND
                if problem is None:
                    done.append(face_id)
                else:
                    failed[face_id] = problem
            self._records.assign_faces(collection_id, done, None)
            self.stage((), (), [person_id])
        return AssociationOutcome(done=done, failed=failed)

    def forget(self, collection_id: str) -> None:
        """Free the memory of a collection."""
        self._loaded.discard(collection_id)
        self._vectors.drop(_faces(collection_id))
        self._vectors.drop(_people(collection_id))

    def forget_all(self) -> None:
        """Free the memory of every collection."""
        # Not only those that are loaded: one that is being read now may have read the old records.
        with self._guard:
            known = list(self._locks)
        for collection_id in known:
            with self._lock(collection_id):
                self.forget(collection_id)

    # parts

    def _lock(self, collection_id: str) -> threading.RLock:
        with self._guard:
            return self._locks.setdefault(collection_id, threading.RLock())

    def _ready(self, collection_id: str) -> None:
        if collection_id not in self._loaded:
            with self._lock(collection_id):
                self._load(collection_id)

    def _load(self, collection_id: str) -> None:
        if collection_id in self._loaded:
            return
        if self._records.get_collection(collection_id) is None:
            return
        self._vectors.drop(_faces(collection_id))
        self._vectors.drop(_people(collection_id))
        for face_ids, matrix in self._records.vectors(collection_id):
            self._vectors.replace(_faces(collection_id), add_ids=face_ids, add_vectors=matrix)
        token: str | None = None
        while True:
            page = self._records.list_people(collection_id, limit=_PAGE, token=token)
            self._renew_people(collection_id, [person.person_id for person in page.items])
            token = page.next_token
            if token is None:
                break
        self._loaded.add(collection_id)

    def _apply(self, collection_id: str, staged: _Staged) -> None:
        self._vectors.replace(
            _faces(collection_id),
            remove=sorted(staged.remove - staged.add.keys()),
            add_ids=list(staged.add),
            add_vectors=stack(list(staged.add.values())) if staged.add else None,
        )
        self._renew_people(collection_id, sorted(staged.people))

    def _renew_people(self, collection_id: str, person_ids: Sequence[str]) -> None:
        means = {
            person_id: mean
            for person_id in person_ids
            if (mean := self._mean(collection_id, person_id)) is not None
        }
        self._vectors.replace(
            _people(collection_id),
            remove=[person_id for person_id in person_ids if person_id not in means],
            add_ids=list(means),
            add_vectors=stack(list(means.values())) if means else None,
        )

    def _mean(self, collection_id: str, person_id: str) -> Embedding | None:
        page = self._records.list_faces(collection_id, limit=_PAGE, person_id=person_id)
        found = [
            vector
            for face in page.items
            if (vector := self._vectors.get(_faces(collection_id), face.face_id)) is not None
        ]
        return mean_direction(found) if found else None

    def _require_person(self, collection_id: str, person_id: str) -> None:
        if not self._records.get_people(collection_id, [person_id]):
            raise NotFound("There is no such person.", code="person_not_found")

    def _problem(
        self, collection_id: str, face: FaceRecord | None, person_id: str
    ) -> AssociationProblem | None:
        if face is None or self._vectors.get(_faces(collection_id), face.face_id) is None:
            return AssociationProblem.FACE_NOT_FOUND
        if face.person_id not in {None, person_id}:
            return AssociationProblem.ASSOCIATED_TO_A_DIFFERENT_USER
        return None


def _faces(collection_id: str) -> str:
    return f"{collection_id}/faces"


def _people(collection_id: str) -> str:
    return f"{collection_id}/people"
