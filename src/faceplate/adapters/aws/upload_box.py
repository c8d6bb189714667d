"""Pictures that are put into the bucket: at presigned addresses, or by whoever may."""

from __future__ import annotations

from datetime import timedelta

from faceplate.adapters.aws.blobs import SERVICE
from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.errors import translated
from faceplate.domain.errors import FaceplateError, ImageTooLarge, NotFound


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

    def take(self, name: str, *, max_bytes: int) -> bytes:
        """Return what has arrived under a name.

        Raises:
            NotFound: Nothing has.
            ImageTooLarge: More than ``max_bytes``; nothing was read.
        """
        with translated(SERVICE, {"NoSuchKey": _nothing}):
            answer = self._clients.s3.get_object(Bucket=self._bucket, Key=name)
            with answer["Body"] as body:
                if answer["ContentLength"] > max_bytes:
                    raise ImageTooLarge(
                        f"The picture has {answer['ContentLength']} bytes; at most {max_bytes} are "
                        "allowed."
                    )
                data: bytes = body.read()
        return data

    def discard(self, name: str) -> None:
        """Remove what has arrived under a name."""
        with translated(SERVICE):
            self._clients.s3.delete_object(Bucket=self._bucket, Key=name)


def _nothing() -> FaceplateError:
    return NotFound("Nothing has arrived under this name.", code="blob_not_found")
