"""Index a picture as somebody's: the person is found or made, and given the face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from faceplate.domain.errors import Conflict, InvalidParameter, NotFound
from faceplate.domain.people import Person
from faceplate.services.blob_keeper import BlobKeeper
from faceplate.services.faces import Faces, IndexedImage, IndexOptions
from faceplate.services.people import MAX_NAME_CHARS, People


@dataclass(frozen=True, slots=True)
class EnrolledImage:
    """An indexed picture and its person; ``assigned`` tells whether the person got the face."""

    indexed: IndexedImage
    person: Person
    assigned: bool


class Enrolment:
    """Put a picture and a person together."""

    def __init__(self, *, faces: Faces, people: People, keeper: BlobKeeper) -> None:
        self._faces = faces
        self._people = people
        self._keeper = keeper

    def enrol(
        self,
        person: str,
        key: str,
        data: bytes,
        *,
        collection_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        options: IndexOptions | None = None,
    ) -> EnrolledImage:
        """Index a picture of ``person``, an id or a name; somebody new is made.

        The person gets the face when exactly one was indexed, it is nobody else's and the person
        may have one more. Nobody is made when the picture is refused.

        Raises:
            Busy: Somebody else does not let go of the name (code ``image_busy``).
        """
        if not person.strip() or len(person) > MAX_NAME_CHARS or not person.isprintable():
            raise InvalidParameter(
                f"person needs 1 to {MAX_NAME_CHARS} printable characters.", parameter="person"
            )
        indexed = self._faces.index(
            key, data, collection_id=collection_id, metadata=metadata, options=options
        )
        found = self._find_or_create(person.strip(), collection_id)
        assigned = len(indexed.faces) == 1 and self._assign(found, indexed.faces[0].face_id)
        return EnrolledImage(indexed, found, assigned)

    def _assign(self, person: Person, face_id: str) -> bool:
        try:
            outcome = self._people.assign(
                person.person_id, [face_id], collection_id=person.collection_id
            )
        except Conflict as exc:
            if exc.code != "too_many_faces_of_person":
                raise
            return False
        return bool(outcome.done)

    def _find_or_create(self, person: str, collection_id: str | None) -> Person:
        collection_id = collection_id or self._faces.default_collection
        # One at a time: two pictures of somebody new must not make two people.
        with self._keeper.naming(collection_id, person):
            try:
                return self._people.get(person, collection_id=collection_id)
            except NotFound:
                known = self._people.find_by_name(person, collection_id=collection_id)
                return known or self._people.create(person, collection_id=collection_id)
