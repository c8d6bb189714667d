"""Records in dictionaries, with the same units and cascades as a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from faceplate.adapters.memory.paging import invalid_token, page_of, start_of
from faceplate.adapters.memory.records_passing import PassingTables
from faceplate.adapters.memory.tables import Tables, dump_tables, load_tables
from faceplate.adapters.memory.units import require_collection
from faceplate.domain.collections import Collection, CollectionSize
from faceplate.domain.errors import Conflict, NotFound, StorageCorrupt, StorageFailed, Unsupported
from faceplate.domain.faces import FaceRecord
from faceplate.domain.images import StoredImage
from faceplate.domain.paging import Page
from faceplate.domain.people import AuditEntry, Person
from faceplate.ports.records import QueryResult

_NUMBER_DIGITS = 12


class MemoryRecords(PassingTables):
    """Keep records until the process ends.

    A unit works on a copy of all tables and publishes it at its end, so readers never wait. Every
    write copies the tables, which suits thousands of faces, not millions.
    """

    # collections
    def put_collection(self, collection: Collection) -> None:
        """Keep or overwrite a collection (its model, tags)."""
        with self._write() as tables:
            tables.collections[collection.collection_id] = replace(
                collection, tags=dict(collection.tags)
            )

    def get_collection(self, collection_id: str) -> Collection | None:
        """Return one collection."""
        return self._tables.collections.get(collection_id)

    def list_collections(
        self, *, limit: int, token: str | None = None, prefix: str = ""
    ) -> Page[Collection]:
        """List the collections whose id begins with ``prefix``, by id."""
        found = {
            key: one for key, one in self._tables.collections.items() if key.startswith(prefix)
        }
        return page_of(found, limit=limit, token=token)

    def delete_collection(self, collection_id: str) -> bool:
        """Delete a collection with its faces, vectors, images' records, people and uploads."""
        with self._write() as tables:
            return tables.forget_collection(collection_id)

    def size(self, collection_id: str) -> CollectionSize:
        """Count what a collection holds."""
        tables = self._tables
        return CollectionSize(
            faces=sum(key[0] == collection_id for key in tables.faces),
            people=sum(key[0] == collection_id for key in tables.people),
            images=sum(key[0] == collection_id for key in tables.images),
        )

    # faces
    def put_faces(self, faces: Sequence[FaceRecord]) -> None:
        """Keep or overwrite faces by (collection_id, face_id).

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        with self._write() as tables:
            for face in faces:
                require_collection(tables, face.collection_id)
                key = (face.collection_id, face.face_id)
                tables.faces[key] = replace(face, metadata=dict(face.metadata), embedding=None)
                if face.embedding is not None:
                    vector = np.array(face.embedding, dtype=np.float32)
                    tables.vectors[key] = (face.model, vector)

    def get_faces(self, collection_id: str, face_ids: Sequence[str]) -> Mapping[str, FaceRecord]:
        """Return those of the faces that exist, without vectors."""
        faces = self._tables.faces
        return {
            face_id: faces[collection_id, face_id]
            for face_id in face_ids
            if (collection_id, face_id) in faces
        }

    def list_faces(
        self,
        collection_id: str,
        *,
        limit: int,
        token: str | None = None,
        image_key: str | None = None,
        person_id: str | None = None,
        face_ids: Sequence[str] | None = None,
        image_id: str | None = None,
    ) -> Page[FaceRecord]:
        """List faces by face_id, without vectors; filters are combined with and."""
        wanted = None if face_ids is None else set(face_ids)
        found = {
            face.face_id: face
            for face in self._tables.faces.values()
            if face.collection_id == collection_id
            and (image_key is None or face.image_key == image_key)
            and (person_id is None or face.person_id == person_id)
            and (image_id is None or face.image_id == image_id)
            and (wanted is None or face.face_id in wanted)
        }
        return page_of(found, limit=limit, token=token)

    def faces_of_image(self, collection_id: str, image_key: str) -> Sequence[FaceRecord]:
        """Return all faces of one stored picture, largest box first, without vectors."""
        found = [
            face
            for face in self._tables.faces.values()
            if face.collection_id == collection_id and face.image_key == image_key
        ]
        return sorted(found, key=lambda face: (-face.detail.box.area, face.face_id))

    def delete_faces(self, collection_id: str, face_ids: Sequence[str]) -> Sequence[str]:
        """Delete faces with their vectors; return the ids that existed."""
        with self._write() as tables:
            gone = [
                face_id
                for face_id in face_ids
                if tables.faces.pop((collection_id, face_id), None) is not None
            ]
            for face_id in gone:
                tables.vectors.pop((collection_id, face_id), None)
        return gone

    def assign_faces(
        self, collection_id: str, face_ids: Sequence[str], person_id: str | None
    ) -> Sequence[str]:
        """Set the person of faces (None: of nobody); return the ids that exist.

        Raises:
            NotFound: Code ``person_not_found``.
        """
        with self._write() as tables:
            if person_id is not None and (collection_id, person_id) not in tables.people:
                raise NotFound("There is no such person.", code="person_not_found")
            found = [
                face_id
                for face_id in dict.fromkeys(face_ids)
                if (collection_id, face_id) in tables.faces
            ]
            for face_id in found:
                face = tables.faces[collection_id, face_id]
                tables.faces[collection_id, face_id] = replace(face, person_id=person_id)
        return found

    def vectors(
        self, collection_id: str, *, batch: int = 8192
    ) -> Iterator[tuple[Sequence[str], npt.NDArray[np.float32]]]:
        """Yield all (face_ids, float32 matrix) of the collection's model, in batches."""
        tables = self._tables
        collection = tables.collections.get(collection_id)
        rows = [
            (key[1], vector)
            for key, (model, vector) in tables.vectors.items()
            if key[0] == collection_id and collection is not None and model == collection.model
        ]
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            yield [face_id for face_id, _ in part], np.stack([vector for _, vector in part])

    def vectors_of(
        self, collection_id: str, face_ids: Sequence[str]
    ) -> Mapping[str, npt.NDArray[np.float32]]:
        """Return the kept vectors of some faces, of whatever model."""
        vectors = self._tables.vectors
        return {
            face_id: vectors[collection_id, face_id][1].copy()
            for face_id in face_ids
            if (collection_id, face_id) in vectors
        }

    # images
    def put_image(self, image: StoredImage) -> None:
        """Keep or overwrite an image's record by (collection_id, key).

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        with self._write() as tables:
            require_collection(tables, image.collection_id)
            tables.images[image.collection_id, image.key] = replace(
                image, metadata=dict(image.metadata)
            )

    def get_image(self, collection_id: str, key: str) -> StoredImage | None:
        """Return one image's record."""
        return self._tables.images.get((collection_id, key))

    def list_images(
        self, collection_id: str, *, limit: int, token: str | None = None
    ) -> Page[StoredImage]:
        """List images by key."""
        found = {key[1]: one for key, one in self._tables.images.items() if key[0] == collection_id}
        return page_of(found, limit=limit, token=token)

    def delete_image(self, collection_id: str, key: str) -> bool:
        """Delete an image's record alone."""
        with self._write() as tables:
            return tables.images.pop((collection_id, key), None) is not None

    def blob_names(self) -> Iterator[str]:
        """Yield the blob name of every image of every collection."""
        images = self._tables.images
        yield from (one.blob_name for one in images.values() if one.blob_name is not None)

    def images_with_sha256(self, collection_id: str, sha256: str) -> Sequence[str]:
        """Return the keys of images with these bytes."""
        return sorted(
            image.key
            for image in self._tables.images.values()
            if image.collection_id == collection_id and image.sha256 == sha256
        )

    # people
    def put_person(self, person: Person) -> None:
        """Keep or overwrite a person.

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        with self._write() as tables:
            require_collection(tables, person.collection_id)
            tables.people[person.collection_id, person.person_id] = replace(
                person, metadata=dict(person.metadata)
            )

    def get_people(self, collection_id: str, person_ids: Sequence[str]) -> Mapping[str, Person]:
        """Return those of the people that exist."""
        people = self._tables.people
        return {
            person_id: people[collection_id, person_id]
            for person_id in person_ids
            if (collection_id, person_id) in people
        }

    def list_people(
        self, collection_id: str, *, limit: int, token: str | None = None
    ) -> Page[Person]:
        """List people by person_id."""
        found = {key[1]: one for key, one in self._tables.people.items() if key[0] == collection_id}
        return page_of(found, limit=limit, token=token)

    def delete_person(self, collection_id: str, person_id: str) -> bool:
        """Delete a person; their faces stay and belong to nobody."""
        with self._write() as tables:
            for key, face in tables.faces.items():
                if key[0] == collection_id and face.person_id == person_id:
                    tables.faces[key] = replace(face, person_id=None)
            return tables.people.pop((collection_id, person_id), None) is not None

    def expired_people(self, today: date) -> Sequence[Person]:
        """Return people of all collections whose consent ended before ``today``."""
        found = [person for person in self._tables.people.values() if person.is_expired(today)]
        return sorted(found, key=lambda person: (person.collection_id, person.person_id))

    # audit
    def add_audit(self, entry: AuditEntry) -> None:
        """Append one line to the audit log."""
        with self._write() as tables:
            tables.audit.append(replace(entry, counts=dict(entry.counts)))

    def list_audit(self, *, limit: int, token: str | None = None) -> Page[AuditEntry]:
        """List the audit log, oldest first."""
        after = start_of(token)
        if after and not (after.isascii() and after.isdigit() and len(after) == _NUMBER_DIGITS):
            raise invalid_token()
        numbered = {
            f"{number:0{_NUMBER_DIGITS}}": entry for number, entry in enumerate(self._tables.audit)
        }
        return page_of(numbered, limit=limit, token=token)

    # whole store
    def query(
        self,
        collection_id: str,  # noqa: ARG002 - the port's signature
        statement: str,  # noqa: ARG002
        *,
        limit: int,  # noqa: ARG002
    ) -> QueryResult:
        """Refuse.

        Raises:
            Unsupported: Always; dictionaries have no query language.
        """
        raise Unsupported("This store has no query language.", code="query_unsupported")

    def backup_to(self, path: Path) -> None:
        """Write a consistent copy of everything to a new file.

        Raises:
            Conflict: Code ``file_exists``.
        """
        try:
            with path.open("xb") as file:
                file.write(dump_tables(self._tables))
        except FileExistsError as exc:
            raise Conflict("The backup file exists already.", code="file_exists") from exc
        except OSError as exc:
            raise StorageFailed("The backup could not be written.") from exc

    def blobs_in(self, path: Path) -> Mapping[str, str]:
        """Return what a file of `backup_to` says of kept bytes: their sha256, by blob name.

        Raises:
            StorageCorrupt: Not such a file.
        """
        images = _read_backup(path).images.values()
        return {image.blob_name: image.sha256 for image in images if image.blob_name is not None}

    def restore_from(self, path: Path) -> None:
        """Replace everything by the contents of a file `backup_to` made, in one step.

        Raises:
            StorageCorrupt: Not such a file; nothing was changed.
        """
        restored = _read_backup(path)
        with self._lock:
            self._published = restored

    def ping(self) -> None:
        """Raise when the store was closed."""
        _ = self._tables

    def close(self) -> None:
        """Refuse further use; calling it twice is fine."""
        self._closed = True


def _read_backup(path: Path) -> Tables:
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise StorageCorrupt("The backup cannot be read.") from exc
    return load_tables(data)
