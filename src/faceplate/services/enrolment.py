"""Index a picture as somebody's: the person is found or made, and given the face."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from faceplate.domain.errors import InvalidParameter, NotFound
from faceplate.domain.people import Person
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

    def __init__(self, *, faces: Faces, people: People) -> None:
        self._faces = faces
        self._people = people
        self._naming = threading.Lock()

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

        The person gets the face when exactly one was indexed and it is nobody else's. Nobody is
        made when the picture is refused.
        """
        if not person.strip() or len(person) > MAX_NAME_CHARS or not person.isprintable():
            raise InvalidParameter(
                f"person needs 1 to {MAX_NAME_CHARS} printable characters.", parameter="person"
            )
        indexed = self._faces.index(
            key, data, collection_id=collection_id, metadata=metadata, options=options
        )
        found = self._find_or_create(person.strip(), collection_id)
        assigned = False
        if len(indexed.faces) == 1:
            outcome = self._people.assign(
                found.person_id, [indexed.faces[0].face_id], collection_id=collection_id
            )
            assigned = bool(outcome.done)
        return EnrolledImage(indexed, found, assigned)

    def _find_or_create(self, person: str, collection_id: str | None) -> Person:
        # One at a time: two pictures of somebody new must not make two people.
        with self._naming:
            try:
                return self._people.get(person, collection_id=collection_id)
            except NotFound:
                known = self._people.find_by_name(person, collection_id=collection_id)
                return known or self._people.create(person, collection_id=collection_id)
