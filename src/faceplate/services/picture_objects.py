"""Pictures that a request names rather than carries: the stored ones, and those of S3 buckets."""

from __future__ import annotations

from collections.abc import Callable, Collection

from faceplate.domain.errors import ImageTooLarge, NotFound
from faceplate.ports.object_source import ObjectSource
from faceplate.services.images import Images

MAX_OBJECT_BYTES = 15 * 1024 * 1024
"""Source: Amazon Rekognition's limit for an image stored as an S3 object."""

ANY_BUCKET = "*"


class PictureObjects:
    """Resolve a bucket and a name to bytes.

    The bucket ``local_bucket`` holds the stored pictures: ``<collection id>/<image key>``. Objects
    of other buckets come from ``source`` when their bucket is in ``allowed``.
    """

    def __init__(
        self,
        *,
        images: Images,
        local_bucket: str,
        source: ObjectSource | None = None,
        allowed: Collection[str] = (),
    ) -> None:
        self._images = images
        self._local_bucket = local_bucket
        self._source = source
        self._allowed = frozenset(allowed)

    def read(
        self,
        bucket: str,
        name: str,
        *,
        version: str | None = None,
        check: Callable[[str], None] = lambda _: None,
    ) -> bytes:
        """Return the bytes; ``check`` is asked about the collection of a stored picture.

        Raises:
            NotFound: Code ``s3_object_unavailable``.
            ImageTooLarge: More than 15 MiB.
            UpstreamFailed: S3 does not answer.
        """
        if bucket == self._local_bucket:
            return self._read_stored(name, version, check)
        if self._source is None or self._allowed.isdisjoint({bucket, ANY_BUCKET}):
            raise _unavailable("This server does not read from this bucket.")
        return self._source.read(bucket, name, version=version, max_bytes=MAX_OBJECT_BYTES)

    def _read_stored(self, name: str, version: str | None, check: Callable[[str], None]) -> bytes:
        if version is not None:
            raise _unavailable("Stored pictures have no versions; leave Version out.")
        collection_id, slash, key = name.partition("/")
        if not slash or not key:
            raise _unavailable("A stored picture is named <collection id>/<image key>.")
        check(collection_id)
        try:
            image, data = self._images.read(key, collection_id=collection_id)
        except NotFound as exc:
            raise _unavailable("There is no such stored picture.") from exc
        if image.size_bytes > MAX_OBJECT_BYTES:
            raise ImageTooLarge(
                f"The picture has {image.size_bytes} bytes; at most {MAX_OBJECT_BYTES} are "
                "allowed.",
                details={"size_bytes": image.size_bytes, "max_bytes": MAX_OBJECT_BYTES},
            )
        return data


def _unavailable(message: str) -> NotFound:
    return NotFound(message, code="s3_object_unavailable")
