"""Uploads by a signed address: no key needed to send, indexed on arrival."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from faceplate.domain.collections import require_collection_id
from faceplate.domain.errors import (
    Conflict,
    FaceplateError,
    Forbidden,
    InvalidInput,
    InvalidParameter,
    NotFound,
    Unsupported,
)
from faceplate.domain.images import encode_external_image_id
from faceplate.domain.uploads import Upload, UploadStatus
from faceplate.ports.records import Records
from faceplate.ports.runtime import Runtime
from faceplate.ports.upload_box import UploadBox
from faceplate.services.faces import Faces, IndexedImage, require_metadata
from faceplate.services.secrets import Signer

LIFETIME = timedelta(minutes=15)
KEPT = timedelta(days=7)
MAX_BYTES = 15_728_640
PROMISED = "uploads/"
INBOX = "inbox/"
"""What the names in the box begin with: pictures that were promised, and others by their key."""


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """Where to PUT the bytes: the upload and the signature that stands in its address.

    ``address`` is set where bytes are taken by somebody else than this service.
    """

    upload: Upload
    signature: str
    address: str | None = None


class Uploads:
    """Promise, receive and report uploads.

    With a ``box`` promised pictures go there, and are indexed by `arrive` once somebody says that
    they have; so are pictures that nobody promised, under ``inbox/`` and their key.
    """

    def __init__(
        self,
        *,
        records: Records,
        runtime: Runtime,
        faces: Faces,
        signer: Signer,
        box: UploadBox | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._box = box
        self._max_bytes = max_bytes
        self._records = records
        self._runtime = runtime
        self._faces = faces
        self._signer = signer

    def create(
        self,
        key: str,
        *,
        collection_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> UploadTicket:
        """Promise to take one picture under this key for the next 15 minutes."""
        encode_external_image_id(key)
        metadata = require_metadata(metadata or {})
        collection_id = require_collection_id(collection_id or self._faces.default_collection)
        self._faces.ensure_collection(collection_id)
        now = self._runtime.now()
        self._records.delete_uploads_before(now - KEPT)
        upload = Upload(
            upload_id=self._runtime.token(16),
            collection_id=collection_id,
            key=key,
            status=UploadStatus.WAITING,
            created_at=now,
            expires_at=now + LIFETIME,
            metadata=metadata,
        )
        self._records.put_upload(upload)
        address = None
        if self._box is not None:
            address = self._box.address(f"{PROMISED}{upload.upload_id}", lifetime=LIFETIME)
        return UploadTicket(upload, self._signer.sign(upload.upload_id), address)

    def admit(self, upload_id: str, signature: str) -> Upload:
        """Check, before any bytes are read, that a picture may be sent to this address.

        Raises:
            Forbidden: The signature is not ours (code ``upload_signature_invalid``) or the address
                is too old (``upload_expired``).
            Conflict: It has arrived before (``upload_done``).
        """
        if not self._signer.verify(upload_id, signature):
            raise Forbidden("This upload address is not valid.", code="upload_signature_invalid")
        upload = self.get(upload_id)
        if upload.status is UploadStatus.INDEXED:
            raise Conflict("This upload has arrived already.", code="upload_done")
        if upload.expires_at < self._runtime.now():
            raise Forbidden("This upload address has expired.", code="upload_expired")
        return upload

    def receive(self, upload_id: str, signature: str, data: bytes) -> IndexedImage:
        """Take the bytes of a promised picture and index it; the signature is the permission.

        Raises:
            Forbidden, Conflict: As `admit`.
            InvalidInput: The picture was refused; the upload's status says so as well.
        """
        return self._index(self.admit(upload_id, signature), lambda: data)

    def arrive(self, name: str) -> IndexedImage | None:
        """Index what has arrived in the box under a name; None when that was done before.

        What can never be used is removed from the box like what was indexed; anything else stays,
        for another try.

        Raises:
            InvalidInput: The picture or its name is refused; a promised one's status says so too.
            NotFound: Nothing is there, or nobody promised it.
            Unsupported: There is no box.
        """
        box = self._box
        if box is None:
            raise Unsupported("Pictures are sent to this service itself.")

        def take() -> bytes:
            return box.take(name, max_bytes=self._max_bytes)

        try:
            indexed = self._index_arrived(name, take)
        except InvalidInput:
            box.discard(name)
            raise
        box.discard(name)
        return indexed

    def _index_arrived(self, name: str, take: Callable[[], bytes]) -> IndexedImage | None:
        if name.startswith(INBOX):
            return self._faces.index(name.removeprefix(INBOX), take())
        if not name.startswith(PROMISED):
            raise InvalidParameter(
                f"Pictures arrive under {PROMISED} and {INBOX}.", parameter="name"
            )
        upload = self._records.get_upload(name.removeprefix(PROMISED))
        if upload is None:
            raise NotFound("There is no such upload.", code="upload_not_found")
        return None if upload.status is UploadStatus.INDEXED else self._index(upload, take)

    def _index(self, upload: Upload, take: Callable[[], bytes]) -> IndexedImage:
        try:
            indexed = self._faces.index(
                upload.key, take(), collection_id=upload.collection_id, metadata=upload.metadata
            )
        except FaceplateError as exc:
            if isinstance(exc, InvalidInput):
                refused = replace(upload, status=UploadStatus.REFUSED, error_code=exc.code)
                self._records.put_upload(refused)
            raise
        self._records.put_upload(
            replace(
                upload,
                status=UploadStatus.INDEXED,
                face_count=len(indexed.faces),
                error_code=None,
            )
        )
        return indexed

    def get(self, upload_id: str) -> Upload:
        """Return an upload and where it stands."""
        upload = self._records.get_upload(upload_id)
        if upload is None:
            raise NotFound("There is no such upload.", code="upload_not_found")
        waiting = upload.status is UploadStatus.WAITING
        if waiting and upload.expires_at < self._runtime.now():
            return replace(upload, status=UploadStatus.EXPIRED)
        return upload
