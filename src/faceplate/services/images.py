"""The pictures that are kept: list, download, draw on, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from faceplate.domain.errors import FaceplateError, NotFound
from faceplate.domain.faces import FaceRecord
from faceplate.domain.images import StoredImage
from faceplate.domain.paging import Page
from faceplate.domain.people import ErasureProof
from faceplate.ports.blobs import Blobs
from faceplate.ports.pictures import Label, Pictures
from faceplate.ports.recognizer import Recognizer
from faceplate.ports.records import Records
from faceplate.ports.upload_box import UploadBox
from faceplate.services.blob_keeper import BlobKeeper, bytes_of
from faceplate.services.uploads_sent import SentCopies

ADDRESS_LIFETIME = timedelta(minutes=5)
"""How long an address of a picture's bytes works: to begin a download, which may take longer."""


class Images:
    """The stored pictures of a collection, by key."""

    def __init__(
        self,
        *,
        recognizer: Recognizer,
        records: Records,
        blobs: Blobs,
        pictures: Pictures,
        keeper: BlobKeeper,
        default_collection: str,
        box: UploadBox | None = None,
    ) -> None:
        self._recognizer = recognizer
        self._records = records
        self._blobs = blobs
        self._pictures = pictures
        self._keeper = keeper
        self._default_collection = default_collection
        self._sent = SentCopies(records=records, default_collection=default_collection, box=box)

    def list(
        self, *, collection_id: str | None = None, limit: int = 100, token: str | None = None
    ) -> Page[StoredImage]:
        """List stored pictures by key."""
        return self._records.list_images(
            collection_id or self._default_collection, limit=limit, token=token
        )

    def get(self, key: str, *, collection_id: str | None = None) -> StoredImage:
        """Return one picture's record."""
        image = self._records.get_image(collection_id or self._default_collection, key)
        if image is None:
            raise NotFound("There is no image with this key.", code="image_not_found")
        return image

    def read(self, key: str, *, collection_id: str | None = None) -> tuple[StoredImage, bytes]:
        """Return one picture's record and original bytes.

        Raises:
            NotFound: Code ``image_not_found``, or ``image_bytes_erased`` when the bytes went with
                the erasure of a person and other people's faceprints stayed.
        """
        image = self.get(key, collection_id=collection_id)
        return image, self.bytes_of(image)

    def bytes_of(self, image: StoredImage) -> bytes:
        """Return the original bytes of a picture whose record was read; as `read`."""
        return self._blobs.get(_name_of(image))

    def address(self, image: StoredImage, *, disposition: str) -> str | None:
        """Return where the bytes can be had without a key for a while; None where only here.

        Raises:
            NotFound: As `read`.
        """
        return self._blobs.address(
            _name_of(image),
            content_type=image.content_type,
            disposition=disposition,
            lifetime=ADDRESS_LIFETIME,
        )

    def faces(self, key: str, *, collection_id: str | None = None) -> Sequence[FaceRecord]:
        """Return the faces indexed from one picture, largest first."""
        image = self.get(key, collection_id=collection_id)
        return self._records.faces_of_image(image.collection_id, key)

    def annotated(self, key: str, *, collection_id: str | None = None) -> bytes:
        """Return one picture as a JPEG with a box and a name for each indexed face."""
        image, data = self.read(key, collection_id=collection_id)
        faces = self._records.faces_of_image(image.collection_id, key)
        person_ids = sorted({face.person_id for face in faces if face.person_id})
        people = self._records.get_people(image.collection_id, person_ids)
        labels = []
        for face in faces:
            person = people.get(face.person_id or "")
            text = "unnamed" if person is None else person.name
            labels.append(Label(box=face.detail.box, text=text, known=person is not None))
        return self._pictures.annotate(data, labels)

    def delete(self, key: str, *, collection_id: str | None = None) -> ErasureProof:
        """Delete a picture's bytes, record, faces and vectors, and prove it.

        With it go the uploads of its key, and copies of it where it arrived. When something fails
        the record stays, so that the call can be made again.
        """
        collection = collection_id or self._default_collection
        with self._keeper.changing(collection, key):
            image = self.get(key, collection_id=collection)
            faces = self._records.faces_of_image(collection, key)
            face_ids = [face.face_id for face in faces]
            before = self.counts(image, face_ids)
            # Who shares the stores cannot tell a dead process from a slow one, and sweeps by age.
            remove = self._remove_at_once if self._keeper.is_alone else self._remove
            remove(image, face_ids)
            return ErasureProof(before, self.counts(image, face_ids))

    def remove_sight_of(self, person_id: str, image: StoredImage) -> None:
        """Delete a picture of a person; where it shows others, its bytes go and they stay.

        A picture that was deleted or replaced since ``image`` was read is left alone.
        """
        with self._keeper.changing(image.collection_id, image.key):
            now = self._records.get_image(image.collection_id, image.key)
            if now is None or now.sha256 != image.sha256:
                return
            faces = self._records.faces_of_image(image.collection_id, image.key)
            if all(face.person_id == person_id for face in faces):
                self._remove(now, [face.face_id for face in faces])
            else:
                self._remove_bytes(now)

    def counts(self, image: StoredImage, face_ids: Sequence[str]) -> Mapping[str, int]:
        """Count, by a fresh look, what exists of a picture."""
        collection = image.collection_id
        return {
            "images": int(self._records.get_image(collection, image.key) is not None),
            "bytes": self.count_bytes(image),
            "faces": len(self._records.get_faces(collection, face_ids)),
            "vectors": len(self._recognizer.searchable(collection, face_ids)),
        }

    def count_bytes(self, image: StoredImage) -> int:
        """Count, by a fresh look, a picture's bytes and their copies where it arrived."""
        return int(self._blobs.exists(bytes_of(image))) + self._sent.count(image)

    def _remove(self, image: StoredImage, face_ids: Sequence[str]) -> None:
        """Remove the bytes, then the rest: until they are gone the record stays, to be found."""
        self._remove_bytes(image)
        self._remove_record(image, face_ids)

    def _remove_at_once(self, image: StoredImage, face_ids: Sequence[str]) -> None:
        """Remove all but the bytes in one step, then these; a start sweeps what a kill left."""
        self._remove_record(image, face_ids)
        try:
            self._drop(image)
        except FaceplateError:
            # So that the call can be made again, and counts what is left.
            self._records.put_image(replace(image, blob_name=None))
            raise

    def _remove_record(self, image: StoredImage, face_ids: Sequence[str]) -> None:
        self._recognizer.delete_faces(
            image.collection_id,
            face_ids,
            lambda _: void(self._records.delete_image(image.collection_id, image.key)),
        )

    def _remove_bytes(self, image: StoredImage) -> None:
        """Let the record go of the bytes, then remove them: what fails here can be found again."""
        if image.blob_name is not None:
            self._records.put_image(replace(image, blob_name=None))
        self._drop(image)

    def _drop(self, image: StoredImage) -> None:
        self._keeper.drop(bytes_of(image))
        self._sent.remove(image)


def _name_of(image: StoredImage) -> str:
    if image.blob_name is None:
        raise NotFound(
            "The bytes of this image were erased with a person it showed.",
            code="image_bytes_erased",
        )
    return image.blob_name


def void(_: object) -> None:
    """Drop a value, where a callback may not return one."""
