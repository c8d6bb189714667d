"""Pictures that are put into the bucket: at presigned addresses, or by whoever may."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from faceplate.adapters.aws.blobs import SERVICE
from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.errors import ErrorTable, translated
from faceplate.domain.errors import FaceplateError, NotFound
from faceplate.ports.upload_box import Arrived


class S3UploadBox:
    """Objects of the bucket, under names that are no blob's."""

    def __init__(self, clients: AwsClients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    def address(self, name: str, *, lifetime: timedelta) -> str:
        """Return a presigned address; it is made here, nothing is asked of S3."""
        with translated(SERVICE):
            address: str = self._clients.s3.generate_presigned_url(
                "put_object",
                Params={"Bucket": self._bucket, "Key": name},
                ExpiresIn=round(lifetime.total_seconds()),
                HttpMethod="PUT",
            )
        return address

    def holds(self, name: str) -> bool:
        """Tell whether something has arrived under a name."""
        return self._version(name) is not None

    def take(self, name: str, *, max_bytes: int) -> Arrived:
        """Return what has arrived under a name, and its ETag.

        Raises:
            NotFound: Nothing has.
        """
        with translated(SERVICE, _GONE):
            answer = self._clients.s3.get_object(Bucket=self._bucket, Key=name)
            with answer["Body"] as body:
                small = answer["ContentLength"] <= max_bytes
                return Arrived(answer["ETag"], body.read() if small else None)

    def discard(self, name: str, version: str | None = None) -> None:
        """Remove what has arrived under a name.

        A version is compared here first, for stores that do not know the condition.
        """
        if version is not None and self._version(name) != version:
            return
        condition = {} if version is None else {"IfMatch": version}
        with contextlib.suppress(NotFound), translated(SERVICE, _GONE):
            self._clients.s3.delete_object(Bucket=self._bucket, Key=name, **condition)

    def _version(self, name: str) -> str | None:
        with contextlib.suppress(NotFound), translated(SERVICE, _GONE):
            answer = self._clients.s3.head_object(Bucket=self._bucket, Key=name)
            return str(answer["ETag"])
        return None


def _nothing() -> FaceplateError:
    return NotFound("Nothing has arrived under this name.", code="blob_not_found")


_GONE: ErrorTable = dict.fromkeys(("404", "NoSuchKey", "412", "PreconditionFailed"), _nothing)
"""An answer without a body has no code but its status; 412: it is not the version asked for."""
