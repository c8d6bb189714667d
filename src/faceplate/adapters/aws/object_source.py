"""Objects of S3, or of what speaks its protocol, by botocore."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from faceplate.domain.errors import ImageTooLarge, NotFound, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Callable

_ABSENT = frozenset(
    {
        "AccessDenied",
        "AllAccessDisabled",
        "InvalidAccessKeyId",
        "InvalidBucketName",
        "InvalidObjectState",
        "MethodNotAllowed",
        "NoSuchBucket",
        "NoSuchKey",
        "NoSuchVersion",
        "PermanentRedirect",
        "SignatureDoesNotMatch",
        "403",
        "404",
    }
)
"""Codes that Amazon Rekognition would answer with InvalidS3ObjectException.

InvalidArgument joins them when a version was named: S3 says so of a version id it never made.
"""

CONNECT_S = 5
READ_S = 20


class S3ObjectSource:
    """Read objects with the credentials and the endpoint botocore finds in the environment.

    Nothing is imported or connected before the first object is asked for.
    """

    def __init__(self, client: Callable[[], Any] | None = None) -> None:
        self._make = client or _client
        self._made: Any = None
        self._guard = threading.Lock()

    def read(self, bucket: str, name: str, *, version: str | None, max_bytes: int) -> bytes:
        """Return an object's bytes; see the port.

        Cost: one GetObject request.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - slow to import

        wanted = {"Bucket": bucket, "Key": name}
        if version is not None:
            wanted["VersionId"] = version
        try:
            found = self._client().get_object(**wanted)
            with found["Body"] as body:
                said_bytes = found.get("ContentLength", 0)  # not every store says
                if said_bytes > max_bytes:
                    raise _too_large(said_bytes, max_bytes)
                data: bytes = body.read(max_bytes + 1)
        except ClientError as exc:
            code = exc.response.get("Error", {}).get("Code", "")
            if code in _ABSENT or (code == "InvalidArgument" and version is not None):
                raise NotFound(
                    "The object is not in the bucket, or this server may not read it.",
                    code="s3_object_unavailable",
                ) from exc
            raise UpstreamFailed("S3 refused to give the object.") from exc
        except BotoCoreError as exc:
            raise UpstreamFailed("S3 did not answer.") from exc
        if len(data) > max_bytes:
            raise _too_large(len(data), max_bytes)
        if len(data) < said_bytes:
            raise UpstreamFailed("S3 broke off in the middle of the object.")
        return data

    def _client(self) -> Any:
        with self._guard:
            if self._made is None:
                self._made = self._make()
            return self._made


def _client() -> Any:
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    session = get_session()
    return session.create_client(
        "s3",
        region_name=session.get_config_variable("region") or "us-east-1",
        config=Config(connect_timeout=CONNECT_S, read_timeout=READ_S, retries={"max_attempts": 2}),
    )


def _too_large(size_bytes: int, max_bytes: int) -> ImageTooLarge:
    return ImageTooLarge(
        f"The object has {size_bytes} bytes; at most {max_bytes} are allowed.",
        details={"size_bytes": size_bytes, "max_bytes": max_bytes},
    )
