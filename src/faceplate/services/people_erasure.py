"""Erase a person, prove it, and leave a truthful trail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from faceplate.domain.errors import Busy
from faceplate.domain.faces import FaceRecord
from faceplate.domain.images import StoredImage
from faceplate.domain.people import AuditEntry, ErasureProof, Person
from faceplate.ports.recognizer import Recognizer
from faceplate.ports.records import Records
from faceplate.ports.runtime import Runtime
from faceplate.services.images import Images
from faceplate.services.secrets import Pseudonyms

BEGUN = "erase_person_begun"
DONE = "erase_person"
INCOMPLETE = "erase_person_incomplete"
"""What the audit log calls an erasure: before anything is removed, and with the person's end."""

_PAGE = 1000
_ROUNDS = 10
_CONFLICT = "write_conflict"


@dataclass(slots=True)
class _Found:
    """What belonged to the person, over all rounds."""

    face_ids: list[str] = field(default_factory=list)
    images: dict[tuple[str, str], StoredImage] = field(default_factory=dict)
    """By key and content: another picture under the same key is another one."""


class Erasure:
    """Remove everything of a person, again and again until there is nothing, then the person.

    The person stays until the rest is gone, so that an erasure which was cut off can be made again.
    """

    def __init__(
        self,
        *,
        recognizer: Recognizer,
        records: Records,
        runtime: Runtime,
        images: Images,
        pseudonyms: Pseudonyms,
    ) -> None:
        self._recognizer = recognizer
        self._records = records
        self._runtime = runtime
        self._images = images
        self._pseudonyms = pseudonyms

    def run(self, person: Person, *, actor: str) -> ErasureProof:
        """Erase; see `People.erase`.

        Raises:
            NotFound: Somebody else has erased the person meanwhile (code ``person_not_found``).
            Busy: The person keeps being given faces (code ``write_conflict``).
        """
        found = _Found()
        before = Counter({"people": 1, **self._take_note(person, found)})
        self._write(person, BEGUN, actor, before)
        for tried in range(_ROUNDS):
            if tried:
                before.update(self._take_note(person, found))
            try:
                self._remove(person, found)
                if self._end(person, found, before, actor):
                    break
            except Busy as exc:
                if exc.code != _CONFLICT:
                    raise
        else:
            raise Busy("The person keeps being given faces; try again.", code=_CONFLICT)
        people = self._records.get_people(person.collection_id, [person.person_id])
        return ErasureProof(dict(before), {"people": len(people), **self._left(person, found)})

    # parts

    def _take_note(self, person: Person, found: _Found) -> Mapping[str, int]:
        """Add to what was found what is there now; count what is new."""
        new = _Found()
        faces = list(faces_of(self._records, person))
        new.face_ids = [face.face_id for face in faces if face.face_id not in found.face_ids]
        for image in self._images_of(person, faces):
            if (image.key, image.sha256) not in found.images:
                new.images[image.key, image.sha256] = image
        counts = self._left(person, new)
        found.face_ids += new.face_ids
        found.images.update(new.images)
        return counts

    def _remove(self, person: Person, found: _Found) -> None:
        for image in found.images.values():
            self._images.remove_sight_of(person.person_id, image)
        self._recognizer.delete_faces(person.collection_id, found.face_ids)

    def _end(self, person: Person, found: _Found, before: Mapping[str, int], actor: str) -> bool:
        """Delete the person and say so, in one step; not while they have a face."""
        left = self._left(person, found)
        with self._recognizer.step(person.collection_id):
            if any(faces_of(self._records, person)):
                return False
            self._recognizer.delete_person(person.collection_id, person.person_id)
            if any(left.values()):
                self._write(person, INCOMPLETE, actor, left)
            else:
                self._write(person, DONE, actor, before)
        return True

    def _left(self, person: Person, found: _Found) -> Mapping[str, int]:
        """Count, by a fresh look, what exists of what was found."""
        collection, face_ids = person.collection_id, found.face_ids
        return {
            "faces": len(self._records.get_faces(collection, face_ids)),
            "vectors": len(self._recognizer.searchable(collection, face_ids)),
            "bytes": sum(self._images.count_bytes(image) for image in found.images.values()),
        }

    def _images_of(self, person: Person, faces: Sequence[FaceRecord]) -> Sequence[StoredImage]:
        keys = sorted({face.image_key for face in faces if face.image_key is not None})
        images = (self._records.get_image(person.collection_id, key) for key in keys)
        return [image for image in images if image is not None]

    def _write(self, person: Person, action: str, actor: str, counts: Mapping[str, int]) -> None:
        self._records.add_audit(
            AuditEntry(
                at=self._runtime.now(),
                action=action,
                actor=actor,
                subject=self._pseudonyms.of(f"{person.collection_id}/{person.person_id}"),
                counts=dict(counts),
            )
        )


def faces_of(records: Records, person: Person) -> Iterator[FaceRecord]:
    """Yield all faces of a person by FaceId."""
    token: str | None = None
    while True:
        page = records.list_faces(
            person.collection_id, limit=_PAGE, token=token, person_id=person.person_id
        )
        yield from page.items
        token = page.next_token
        if token is None:
            return
