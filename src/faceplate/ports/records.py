"""What is remembered: collections, faces, images, people, uploads, tokens and the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from faceplate.domain.collections import Collection, CollectionSize
from faceplate.domain.faces import FaceRecord
from faceplate.domain.images import StoredImage
from faceplate.domain.paging import Page
from faceplate.domain.people import AuditEntry, Person
from faceplate.domain.request_tokens import RequestToken
from faceplate.domain.uploads import Upload

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Columns and rows of a read-only query; ``truncated`` when more rows than asked for."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    truncated: bool


class Records(Protocol):
    """The book-keeping of a face service. Safe to call from several threads.

    Every method is durable and visible to everybody when it returns, unless it runs inside
    `unit`. ``list_*`` answer in ascending order of the id or key they page by; ``limit`` is at
    least 1 and a ``token`` is opaque. Deleting what is not there is no error: the return value
    says what was. Deleting a collection deletes all that is in it.

    Raises, from any method: ``StorageFull``, ``StorageCorrupt`` or ``StorageFailed``; ``Busy``
    while somebody else holds the store; where a service of somebody else's keeps the records,
    ``UpstreamFailed`` or ``Misconfigured``. After any of these nothing of the unit was written.
    """

    def unit(self) -> AbstractContextManager[None]:
        """Make all writes of this thread inside the block one step: all or, on an error, none.

        Nested units join the outermost. Other threads wait to write, and read the old state.
        """
        ...

    # collections
    def put_collection(self, collection: Collection) -> None:
        """Keep or overwrite a collection (its model, tags)."""
        ...

    def get_collection(self, collection_id: str) -> Collection | None:
        """Return one collection."""
        ...

    def list_collections(
        self, *, limit: int, token: str | None = None, prefix: str = ""
    ) -> Page[Collection]:
        """List the collections whose id begins with ``prefix``, by id."""
        ...

    def delete_collection(self, collection_id: str) -> bool:
        """Delete a collection with its faces, vectors, images' records, people and uploads."""
        ...

    def size(self, collection_id: str) -> CollectionSize:
        """Count what a collection holds."""
        ...

    # faces
    def put_faces(self, faces: Sequence[FaceRecord]) -> None:
        """Keep or overwrite faces by (collection_id, face_id).

        A face with ``embedding`` None that is kept already keeps its old vector.
        """
        ...

    def get_faces(self, collection_id: str, face_ids: Sequence[str]) -> Mapping[str, FaceRecord]:
        """Return those of the faces that exist, without vectors."""
        ...

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
        ...

    def faces_of_image(self, collection_id: str, image_key: str) -> Sequence[FaceRecord]:
        """Return all faces of one stored picture, largest box first, without vectors."""
        ...

    def delete_faces(self, collection_id: str, face_ids: Sequence[str]) -> Sequence[str]:
        """Delete faces with their vectors; return the ids that existed."""
        ...

    def assign_faces(
        self, collection_id: str, face_ids: Sequence[str], person_id: str | None
    ) -> Sequence[str]:
        """Set the person of faces (None: of nobody); return the ids that exist.

        It is one step with the look at the person: who is deleted at the same time gets no face.

        Raises:
            NotFound: There is no such person (code ``person_not_found``).
        """
        ...

    def vectors(
        self, collection_id: str, *, batch: int = 8192
    ) -> Iterator[tuple[Sequence[str], npt.NDArray[np.float32]]]:
        """Yield all (face_ids, float32 matrix) of a collection, in batches.

        Faces kept without a vector, or with one of another model than the collection's, are left
        out.
        """
        ...

    def vectors_of(
        self, collection_id: str, face_ids: Sequence[str]
    ) -> Mapping[str, npt.NDArray[np.float32]]:
        """Return the kept vectors of some faces."""
        ...

    # images
    def put_image(self, image: StoredImage) -> None:
        """Keep or overwrite an image's record by (collection_id, key)."""
        ...

    def get_image(self, collection_id: str, key: str) -> StoredImage | None:
        """Return one image's record."""
        ...

    def list_images(
        self, collection_id: str, *, limit: int, token: str | None = None
    ) -> Page[StoredImage]:
        """List images by key."""
        ...

    def delete_image(self, collection_id: str, key: str) -> bool:
        """Delete an image's record alone; its faces and bytes are deleted by the caller."""
        ...

    def blob_names(self) -> Iterator[str]:
        """Yield the blob name of every image of every collection."""
        ...

    def images_with_sha256(self, collection_id: str, sha256: str) -> Sequence[str]:
        """Return the keys of images with these bytes."""
        ...

    # people
    def put_person(self, person: Person) -> None:
        """Keep or overwrite a person."""
        ...

    def get_people(self, collection_id: str, person_ids: Sequence[str]) -> Mapping[str, Person]:
        """Return those of the people that exist."""
        ...

    def list_people(
        self, collection_id: str, *, limit: int, token: str | None = None
    ) -> Page[Person]:
        """List people by person_id."""
        ...

    def delete_person(self, collection_id: str, person_id: str) -> bool:
        """Delete a person; their faces stay and belong to nobody."""
        ...

    def expired_people(self, today: date) -> Sequence[Person]:
        """Return people of all collections whose consent ended before ``today``."""
        ...

    # uploads
    def put_upload(self, upload: Upload) -> None:
        """Keep or overwrite an upload."""
        ...

    def get_upload(self, upload_id: str) -> Upload | None:
        """Return one upload."""
        ...

    def uploads_of(self, collection_id: str, key: str) -> Sequence[Upload]:
        """Return the uploads of one picture."""
        ...

    def delete_uploads(self, upload_ids: Sequence[str]) -> None:
        """Forget uploads."""
        ...

    def delete_uploads_before(self, moment: datetime) -> int:
        """Forget uploads that were created before a moment; return how many."""
        ...

    # request tokens
    def put_request_token(self, token: RequestToken) -> None:
        """Keep or overwrite a token by (caller, token)."""
        ...

    def get_request_token(self, caller: str, token: str) -> RequestToken | None:
        """Return what a token stands for."""
        ...

    def delete_request_tokens_before(self, moment: datetime) -> int:
        """Forget tokens that were kept before a moment; return how many."""
        ...

    # audit
    def add_audit(self, entry: AuditEntry) -> None:
        """Append one line to the audit log."""
        ...

    def list_audit(self, *, limit: int, token: str | None = None) -> Page[AuditEntry]:
        """List the audit log, oldest first."""
        ...

    # whole store
    def query(self, collection_id: str, statement: str, *, limit: int) -> QueryResult:
        """Run one read-only statement over the view ``faces`` of one collection.

        The columns of ``faces`` are the names Rekognition gives (FaceId, ImageId,
        ExternalImageId, Confidence, UserId, BoundingBox as JSON …) plus ``image_key``,
        ``metadata`` (JSON) and ``created_at``.

        Raises:
            InvalidQuery: Not one SELECT, an unknown column, or it ran for more than 2 s.
            Unsupported: This store has no query language.
        """
        ...

    def backup_to(self, path: Path) -> None:
        """Write a consistent copy of everything to a new file while others read and write."""
        ...

    def blobs_in(self, path: Path) -> Mapping[str, str]:
        """Return what a file of `backup_to` says of kept bytes: their sha256, by blob name.

        Raises:
            StorageCorrupt: Not such a file.
        """
        ...

    def restore_from(self, path: Path) -> None:
        """Replace everything by the contents of a file `backup_to` made, in one step.

        Raises:
            StorageCorrupt: Not such a file; nothing was changed.
        """
        ...

    def ping(self) -> None:
        """Raise when the store cannot read or write."""
        ...

    def close(self) -> None:
        """Release files and connections; calling it twice is fine."""
        ...
