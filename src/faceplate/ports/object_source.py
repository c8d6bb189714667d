"""Objects of buckets that lie elsewhere."""

from __future__ import annotations

from typing import Protocol


class ObjectSource(Protocol):
    """Read single objects of S3 or of what speaks its protocol. Safe to call from several threads.

    Which buckets may be read is the business of the caller.
    """

    def read(self, bucket: str, name: str, *, version: str | None, max_bytes: int) -> bytes:
        """Return an object's bytes, of the version named or of the newest.

        Raises:
            NotFound: Code ``s3_object_unavailable``: no such bucket, object or version, or none
                that the server may read.
            ImageTooLarge: More than ``max_bytes``; no more than that was read.
            UpstreamFailed: The store does not answer.
        """
        ...
