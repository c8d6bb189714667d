"""Bring Rekognition and the records back into step, after processes died in between.

Only collections that the records know, and that are this installation's by their name, are looked
at. Records are the truth: a face that only Rekognition has is removed from it, a record whose face
Rekognition has not is removed, and users and their faces follow the people. Lists only say where to
look: whatever is mended is read again, exactly, and a picture's faces are changed under its lease.
Pictures that somebody else is changing are left alone.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from faceplate.adapters.aws.doomed import DoomedFaces
from faceplate.adapters.aws.leases import IMAGE_BUSY, DynamoLeases
from faceplate.adapters.aws.ownership import is_ours
from faceplate.adapters.aws.rekognition import RekognitionCalls
from faceplate.adapters.aws.table import DynamoTable
from faceplate.domain.errors import Busy, NotFound
from faceplate.domain.faces import FaceRecord
from faceplate.domain.images import decode_external_image_id
from faceplate.ports.records import Records

_PAGE = 1000


class Reconciliation:
    """Compare the two and mend the difference."""

    def __init__(
        self,
        *,
        table: DynamoTable,
        records: Records,
        calls: RekognitionCalls,
        doomed: DoomedFaces,
        leases: DynamoLeases,
        default_collection: str,
    ) -> None:
        self._table = table
        self._records = records
        self._calls = calls
        self._doomed = doomed
        self._leases = leases
        self._default_collection = default_collection

    def run(self) -> Mapping[str, int]:
        """Mend every collection of the records; return what was done, by kind.

        Cost: reads every face of both sides.
        """
        done: Counter[str] = Counter()
        done["steps_ended"] = self._table.recover()
        done["faces_removed"] = self._doomed.settle(everything=True)
        for collection_id in self._collections():
            try:
                self._mend(collection_id, done)
            except NotFound:
                # Rekognition has lost the collection; whoever indexes next is told so.
                done["collections_missing"] += 1
        done["leases_forgotten"] = self._leases.forget_old()
        return {name: number for name, number in done.items() if number}

    def _mend(self, collection_id: str, done: Counter[str]) -> None:
        remote = {
            str(face["FaceId"]): str(face.get("ExternalImageId", ""))
            for face in self._calls.faces(collection_id)
        }
        local = {face.face_id: face for face in self._faces(collection_id)}
        strays = {
            face_id: decode_external_image_id(name)
            for face_id, name in remote.items()
            if face_id not in local
        }
        for ids in self._by_picture(collection_id, strays):
            known = self._records.get_faces(collection_id, ids)
            gone = [face_id for face_id in ids if face_id not in known]
            self._calls.remove_faces(collection_id, gone)
            done["faces_removed"] += len(gone)
        ghosts = {
            face_id: face.image_key or ""
            for face_id, face in local.items()
            if face_id not in remote
        }
        for ids in self._by_picture(collection_id, ghosts):
            held = self._calls.existing(collection_id, ids)
            gone = [face_id for face_id in ids if face_id not in held]
            done["records_removed"] += len(self._records.delete_faces(collection_id, gone))
        both = [face for face_id, face in local.items() if face_id in remote]
        self._mend_people(collection_id, both, done)

    def _by_picture(self, collection_id: str, faces: Mapping[str, str]) -> Iterator[Sequence[str]]:
        """Yield faces (with the keys of their pictures), a picture at a time, under its lease."""
        groups: dict[str, list[str]] = {}
        for face_id, key in faces.items():
            groups.setdefault(key, []).append(face_id)
        for key, ids in groups.items():
            with contextlib.ExitStack() as stack:
                try:
                    stack.enter_context(self._leases.holding(collection_id, key, wait_s=0))
                except Busy as exc:
                    if exc.code != IMAGE_BUSY:
                        raise
                    continue
                yield ids

    def _mend_people(
        self, collection_id: str, faces: Sequence[FaceRecord], done: Counter[str]
    ) -> None:
        users = set(self._calls.users(collection_id))
        theirs: dict[str, set[str]] = {}
        for face in faces:
            if face.person_id is not None:
                theirs.setdefault(face.person_id, set()).add(face.face_id)
        people = self._records.get_people(collection_id, sorted(users | theirs.keys()))
        for person_id in sorted(users | theirs.keys()):
            if person_id in people:
                held = self._held(collection_id, person_id) if person_id in users else set()
                recorded = theirs.get(person_id, set())
                self._mend_person(collection_id, person_id, recorded, held, done)
                continue
            if person_id in users:
                self._calls.delete_user(collection_id, person_id)
                done["users_removed"] += 1
            ids = sorted(theirs.get(person_id, ()))
            done["faces_unassigned"] += self._leave_to_nobody(collection_id, person_id, ids)

    def _mend_person(
        self,
        collection_id: str,
        person_id: str,
        face_ids: set[str],
        held: set[str],
        done: Counter[str],
    ) -> None:
        """Give a user the faces of its person (as listed) in place of those it has (``held``)."""
        strange = self._not_of(collection_id, person_id, sorted(held - face_ids))
        self._calls.disassociate(collection_id, person_id, strange)
        # Somebody may have given the person a face between the look and the call.
        missing = self._of(collection_id, person_id, [*sorted(face_ids - held), *strange])
        done["faces_disassociated"] += len([one for one in strange if one not in missing])
        if missing:
            refused = list(self._calls.associate(collection_id, person_id, missing, 0.0))
            again = [one for one in missing if one not in held]
            done["faces_associated"] += max(0, len(again) - len(refused))

    def _leave_to_nobody(self, collection_id: str, person_id: str, face_ids: Sequence[str]) -> int:
        """Take faces from a person who does not exist."""

        def work() -> int:
            if person_id in self._records.get_people(collection_id, [person_id]):
                return 0
            still = self._of(collection_id, person_id, face_ids)
            return len(self._records.assign_faces(collection_id, still, None))

        return self._table.atomically(work)

    # parts

    def _held(self, collection_id: str, user_id: str) -> set[str]:
        found = self._calls.faces(collection_id, UserId=user_id)
        return {str(face["FaceId"]) for face in found}

    def _of(self, collection_id: str, person_id: str, face_ids: Sequence[str]) -> list[str]:
        """Look once more, exactly: a list of all faces may be a moment behind."""
        found = self._records.get_faces(collection_id, face_ids)
        return [one for one in face_ids if one in found and found[one].person_id == person_id]

    def _not_of(self, collection_id: str, person_id: str, face_ids: Sequence[str]) -> list[str]:
        found = self._records.get_faces(collection_id, face_ids)
        return [one for one in face_ids if one in found and found[one].person_id != person_id]

    def _collections(self) -> Iterator[str]:
        for page in _pages(lambda token: self._records.list_collections(limit=_PAGE, token=token)):
            for one in page:
                if is_ours(one.collection_id, self._default_collection):
                    yield one.collection_id

    def _faces(self, collection_id: str) -> Iterator[FaceRecord]:
        pages = _pages(
            lambda token: self._records.list_faces(collection_id, limit=_PAGE, token=token)
        )
        return itertools.chain.from_iterable(pages)


def _pages(read: Any) -> Iterator[Sequence[Any]]:
    token: str | None = None
    while True:
        page = read(token)
        yield page.items
        token = page.next_token
        if token is None:
            return
