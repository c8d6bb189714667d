"""What is left of a picture where it arrived: copies in the box, and uploads that tell of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from faceplate.domain.errors import NotFound
from faceplate.domain.images import StoredImage
from faceplate.domain.uploads import Upload
from faceplate.ports.records import Records
from faceplate.ports.upload_box import UploadBox

PROMISED = "uploads/"
INBOX = "inbox/"
"""What the names in the box begin with: pictures that were promised, and others by their key."""


class SentCopies:
    """Find and remove what a picture has left on its way in.

    What arrives in the box is removed from it once it is indexed; when that fails it is tried
    again later. A picture that is deleted before must not come back by it.
    """

    def __init__(
        self, *, records: Records, default_collection: str, box: UploadBox | None = None
    ) -> None:
        self._records = records
        self._default_collection = default_collection
        self._box = box

    def count(self, image: StoredImage) -> int:
        """Count the copies in the box, by a fresh look."""
        if self._box is None:
            return 0
        promised = [f"{PROMISED}{upload.upload_id}" for upload in self._uploads(image)]
        version = self._version_in_inbox(self._box, image)
        return sum(self._box.holds(name) for name in promised) + int(version is not None)

    def remove(self, image: StoredImage) -> None:
        """Remove the copies, then the uploads of the picture; what was sent since stays."""
        uploads = self._uploads(image)
        if self._box is not None:
            for upload in uploads:
                self._box.discard(f"{PROMISED}{upload.upload_id}")
            version = self._version_in_inbox(self._box, image)
            if version is not None:
                self._box.discard(INBOX + image.key, version)
        self._records.delete_uploads([upload.upload_id for upload in uploads])

    def _uploads(self, image: StoredImage) -> Sequence[Upload]:
        return self._records.uploads_of(image.collection_id, image.key)

    def _version_in_inbox(self, box: UploadBox, image: StoredImage) -> str | None:
        """Return the version of the copy in the inbox; another picture under its key is none."""
        if image.collection_id != self._default_collection:
            return None
        try:
            arrived = box.take(INBOX + image.key, max_bytes=image.size_bytes)
        except NotFound:
            return None
        same = arrived.data is not None and _sha256(arrived.data) == image.sha256
        return arrived.version if same else None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
