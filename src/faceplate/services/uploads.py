"""Uploads by a signed address: no key needed to send, indexed on arrival."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from faceplate.domain.collections import require_collection_id
from faceplate.domain.errors import (
    Conflict,
    FaceplateError,
    Forbidden,
    ImageTooLarge,
    InvalidInput,
    InvalidParameter,
    NotFound,
    Unsupported,
)
from faceplate.domain.images import encode_external_image_id
from faceplate.domain.uploads import Upload, UploadStatus
from faceplate.ports.records import Records
from faceplate.ports.runtime import Runtime
from faceplate.ports.upload_box import Arrived, UploadBox
from faceplate.services.faces import Faces, IndexedImage, require_metadata
from faceplate.services.secrets import Signer
from faceplate.services.uploads_sent import INBOX, PROMISED

LIFETIME = timedelta(minutes=15)
KEPT = timedelta(days=7)
MAX_BYTES = 15_728_640
_LOCKS = 64
_NOTE = "inbox-"
"""What the names of uploads begin with that nobody promised: see `Uploads.arrive`."""


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
        self._receiving = tuple(threading.Lock() for _ in range(_LOCKS))

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
        self.forget_old()
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

    def receive(self, upload_id: str, signature: str, take: Callable[[], bytes]) -> IndexedImage:
        """Take the bytes of a promised picture and index it; the signature is the permission.

        Of several that come at once one is indexed.

        Raises:
            Forbidden, Conflict: As `admit`.
            InvalidInput: The picture was refused; the upload's status says so as well.
        """
        with self._receiving[hash(upload_id) % _LOCKS]:
            return self._index(self.admit(upload_id, signature), take)

    def refuse(self, upload_id: str, code: str) -> None:
        """Note why what was sent to an admitted address was not even read."""
        with self._records.unit():
            upload = self.get(upload_id)
            if upload.status is not UploadStatus.INDEXED:
                self._records.put_upload(
                    replace(upload, status=UploadStatus.REFUSED, error_code=code)
                )

    def arrive(self, name: str) -> IndexedImage | None:
        """Index what has arrived in the box under a name; None when that was done before.

        What can never be used is removed from the box like what was indexed; anything else stays,
        for another try. Only what was looked at is removed: what was sent under the name since will
        arrive by itself. When a picture was indexed and cannot be removed, another try removes it
        and does not index it again.

        Raises:
            InvalidInput: The picture or its name is refused; a promised one's status says so too.
            NotFound: Nothing is there, or nobody promised it.
            Unsupported: There is no box.
        """
        if self._box is None:
            raise Unsupported("Pictures are sent to this service itself.")
        if name.startswith(PROMISED):
            return self._arrive_promised(self._box, name)
        if name.startswith(INBOX):
            return self._arrive_in_inbox(self._box, name)
        raise InvalidParameter(f"Pictures arrive under {PROMISED} and {INBOX}.", parameter="name")

    def forget_old(self) -> int:
        """Forget uploads that were made more than a week ago; return how many."""
        return self._records.delete_uploads_before(self._runtime.now() - KEPT)

    def _arrive_promised(self, box: UploadBox, name: str) -> IndexedImage | None:
        upload = self._records.get_upload(name.removeprefix(PROMISED))
        if upload is None:
            # Its picture was deleted meanwhile, or it is older than what is kept of uploads.
            box.discard(name)
            raise NotFound("There is no such upload.", code="upload_not_found")
        if upload.status is UploadStatus.INDEXED:
            box.discard(name)
            return None
        arrived = box.take(name, max_bytes=self._max_bytes)
        try:
            indexed = self._index(upload, lambda: self._require_data(arrived))
        except InvalidInput:
            box.discard(name, arrived.version)
            raise
        box.discard(name, arrived.version)
        return indexed

    def _arrive_in_inbox(self, box: UploadBox, name: str) -> IndexedImage | None:
        arrived = box.take(name, max_bytes=self._max_bytes)
        note = _note_of(name, arrived.version)
        if self._records.get_upload(note) is not None:
            box.discard(name, arrived.version)
            self._records.delete_uploads([note])
            return None
        key = name.removeprefix(INBOX)
        try:
            indexed = self._faces.index(key, self._require_data(arrived))
        except InvalidInput:
            box.discard(name, arrived.version)
            raise
        try:
            box.discard(name, arrived.version)
        except FaceplateError:
            self._remember(note, indexed)
            raise
        return indexed

    def _require_data(self, arrived: Arrived) -> bytes:
        if arrived.data is None:
            raise ImageTooLarge(f"The picture has more than {self._max_bytes} bytes.")
        return arrived.data

    def _remember(self, note: str, indexed: IndexedImage) -> None:
        """Note that a picture of the inbox is indexed and only has to be removed from there."""
        now = self._runtime.now()
        self._records.put_upload(
            Upload(
                upload_id=note,
                collection_id=indexed.image.collection_id,
                key=indexed.image.key,
                status=UploadStatus.INDEXED,
                created_at=now,
                expires_at=now,
                face_count=len(indexed.faces),
            )
        )

    def _index(self, upload: Upload, take: Callable[[], bytes]) -> IndexedImage:
        try:
            indexed = self._faces.index(
                upload.key, take(), collection_id=upload.collection_id, metadata=upload.metadata
            )
        except FaceplateError as exc:
            if isinstance(exc, InvalidInput):
                # It may be sent again, so what was promised with it stays.
                refused = replace(upload, status=UploadStatus.REFUSED, error_code=exc.code)
                self._records.put_upload(refused)
            raise
        self._records.put_upload(
            replace(
                upload,
                status=UploadStatus.INDEXED,
                metadata={},
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


def _note_of(name: str, version: str) -> str:
    digest = hashlib.sha256(f"{name}\0{version}".encode("utf-8", "surrogatepass"))
    return f"{_NOTE}{digest.hexdigest()}"
