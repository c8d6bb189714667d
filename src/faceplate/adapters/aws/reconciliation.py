"""Bring Rekognition and the records back into step, after processes died in between.

Only collections that the records know, and that are this installation's by their name, are looked at.
Records are the truth: a face that only Rekognition has is removed from it, a record whose face
Rekognition has not is removed, and users and their faces follow the people. Pictures that somebody
is changing meanwhile are left alone.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from faceplate.adapters.aws.doomed import DoomedFaces
from faceplate.adapters.aws.leases import DynamoLeases
from faceplate.adapters.aws.ownership import is_ours
from faceplate.adapters.aws.rekognition import RekognitionCalls
from faceplate.adapters.aws.table import DynamoTable
from faceplate.domain.errors import NotFound
from faceplate.domain.faces import FaceRecord
from faceplate.domain.images import encode_external_image_id
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
        # Who is being changed is asked after Rekognition and before the records, so that a face
        # which is on its way from the one to the other is seen in one of the two.
        remote = {
            str(face["FaceId"]): str(face.get("ExternalImageId", ""))
            for face in self._calls.faces(collection_id)
        }
        busy = {encode_external_image_id(key) for key in self._leases.active(collection_id)}
        local = {face.face_id: face for face in self._faces(collection_id)}
        strays = [
            face_id for face_id, name in remote.items() if face_id not in local and name not in busy
        ]
        strays = self._unrecorded(collection_id, strays)
        self._calls.remove_faces(collection_id, strays)
        done["faces_removed"] += len(strays)
        ghosts = [
            face_id
            for face_id, face in local.items()
            if face_id not in remote and (face.external_image_id or "") not in busy
        ]
        held = self._calls.existing(collection_id, ghosts)
        ghosts = [face_id for face_id in ghosts if face_id not in held]
        done["records_removed"] += len(self._records.delete_faces(collection_id, ghosts))
        self._mend_people(collection_id, local, done)

    def _mend_people(
        self, collection_id: str, faces: Mapping[str, FaceRecord], done: Counter[str]
    ) -> None:
        users = list(self._calls.users(collection_id))
        people = self._records.get_people(collection_id, users)
        for user_id in users:
            if user_id not in people:
                self._calls.delete_user(collection_id, user_id)
                done["users_removed"] += 1
                continue
            theirs = [
                str(face["FaceId"]) for face in self._calls.faces(collection_id, UserId=user_id)
            ]
            strange = [
                face_id
                for face_id in theirs
                if face_id in faces and faces[face_id].person_id != user_id
            ]
            self._calls.disassociate(collection_id, user_id, strange)
            done["faces_disassociated"] += len(strange)

    # parts

    def _unrecorded(self, collection_id: str, face_ids: Sequence[str]) -> list[str]:
        """Look once more, exactly: a list of all faces may be a moment behind."""
        known = self._records.get_faces(collection_id, face_ids)
        return [face_id for face_id in face_ids if face_id not in known]

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
