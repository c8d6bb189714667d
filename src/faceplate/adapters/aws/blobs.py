"""Image bytes in S3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.errors import ErrorTable, translated
from faceplate.domain.blobs import require_blob_name
from faceplate.domain.errors import FaceplateError, Misconfigured, NotFound

SERVICE = "S3"


class S3BlobStore:
    """Keep bytes as objects of one bucket, under the names the services choose."""

    def __init__(self, clients: AwsClients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    def put(self, name: str, data: bytes) -> None:
        """Keep ``data`` durably before returning; a reader sees all of it or nothing."""
        with translated(SERVICE, _BUCKET):
            self._clients.s3.put_object(Bucket=self._bucket, Key=require_blob_name(name), Body=data)

    def get(self, name: str) -> bytes:
        """Return the bytes.

        Raises:
            NotFound: Code ``blob_not_found``.
        """
        with translated(SERVICE, {**_BUCKET, "NoSuchKey": _not_found}):
            answer = self._clients.s3.get_object(Bucket=self._bucket, Key=require_blob_name(name))
            with answer["Body"] as body:
                data: bytes = body.read()
        return data

    def address(
        self, name: str, *, content_type: str, disposition: str, lifetime: timedelta
    ) -> str | None:
        """Return a presigned address; it is made here, nothing is asked of S3."""
        with translated(SERVICE):
            address: str = self._clients.s3.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": require_blob_name(name),
                    "ResponseContentType": content_type,
                    "ResponseContentDisposition": disposition,
                    "ResponseCacheControl": "private, no-store",
                },
                ExpiresIn=round(lifetime.total_seconds()),
                HttpMethod="GET",
            )
        return address

    def delete(self, name: str) -> bool:
        """Remove the bytes; tell whether they were there."""
        if not self.exists(name):
            return False
        with translated(SERVICE, _BUCKET):
            self._clients.s3.delete_object(Bucket=self._bucket, Key=name)
        return True

    def exists(self, name: str) -> bool:
        """Tell whether the name is kept."""
        try:
            # An answer without a body has no code but its status.
            with translated(SERVICE, {**_BUCKET, "404": _not_found}):
                self._clients.s3.head_object(Bucket=self._bucket, Key=require_blob_name(name))
        except NotFound:
            return False
        return True

    def names(self, prefix: str = "", *, kept_before: datetime | None = None) -> Iterator[str]:
        """List names in no promised order, those put last before a moment when one is given."""
        request = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            with translated(SERVICE, _BUCKET):
                page = self._clients.s3.list_objects_v2(**request)
            for entry in page.get("Contents", ()):
                if kept_before is None or entry["LastModified"] < kept_before:
                    yield entry["Key"]
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def ping(self) -> None:
        """Raise when the bucket cannot be reached."""
        with translated(SERVICE, {**_BUCKET, "404": _no_bucket}):
            self._clients.s3.head_bucket(Bucket=self._bucket)


def _not_found() -> FaceplateError:
    return NotFound("These bytes are not kept.", code="blob_not_found")


def _no_bucket() -> FaceplateError:
    return Misconfigured("The bucket of FACEPLATE_AWS__BUCKET does not exist.")


_BUCKET: ErrorTable = {"NoSuchBucket": _no_bucket}
