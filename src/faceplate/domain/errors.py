"""Every error a caller can meet, as one tree.

    FaceplateError
    + InvalidInput
    |   + InvalidParameter
    |   + InvalidImage
    |   |   x ImageTooLarge
    |   |   x NoFaceFound
    |   x InvalidQuery
    + Unauthenticated
    + Forbidden
    + NotFound
    + Conflict
    |   x DataFolderInUse
    + Unsupported
    + Busy                  (retry_after_s)
    |   x RateLimited
    |   x QuotaExceeded
    + StorageFailed
    |   x StorageFull
    |   x StorageCorrupt
    + UpstreamFailed
    + Misconfigured
        x ModelUnavailable
        x ModelCorrupt

``code`` is stable and part of the API; ``message`` is for people and may change. Neither ever
holds a secret, a picture, a vendor's text or a path the caller did not give. Status numbers and
exit codes are the business of the edges.
"""

from __future__ import annotations

from collections.abc import Mapping


class FaceplateError(Exception):
    """Carry a stable ``code``, a sentence for people, and JSON-able ``details``."""

    default_code = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.details: dict[str, object] = dict(details or {})


class InvalidInput(FaceplateError):
    """The caller sent something that can never work as it is."""

    default_code = "invalid_input"


class InvalidParameter(InvalidInput):
    """A parameter breaks a rule; ``details['parameter']`` names it."""

    default_code = "invalid_parameter"

    def __init__(
        self,
        message: str,
        *,
        parameter: str,
        code: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, code=code, details={"parameter": parameter, **(details or {})})


class InvalidImage(InvalidInput):
    """The bytes are not a picture we read.

    Codes: ``image_empty``, ``image_format_unsupported``, ``image_corrupt``, ``image_truncated``,
    ``image_too_small``, ``image_too_many_pixels``, ``image_encoding_invalid``.
    """

    default_code = "image_invalid"


class ImageTooLarge(InvalidImage):
    """More bytes than the configured limit."""

    default_code = "image_too_large"


class NoFaceFound(InvalidImage):
    """The operation needs a face and the picture shows none."""

    default_code = "no_face_found"


class InvalidQuery(InvalidInput):
    """A record query is not a single read-only statement over the offered columns."""

    default_code = "invalid_query"


class Unauthenticated(FaceplateError):
    """No key, or not one of ours."""

    default_code = "unauthenticated"


class Forbidden(FaceplateError):
    """The key is known and may not do this."""

    default_code = "forbidden"


class NotFound(FaceplateError):
    """Codes name the thing: ``image_not_found``, ``face_not_found``, ``person_not_found`` …."""

    default_code = "not_found"


class Conflict(FaceplateError):
    """The state of things forbids it now: it exists already, or is in use."""

    default_code = "conflict"


class DataFolderInUse(Conflict):
    """Another process owns the data folder."""

    default_code = "data_folder_in_use"


class Unsupported(FaceplateError):
    """This mode or build declares that it cannot do this."""

    default_code = "unsupported"


class Busy(FaceplateError):
    """Try again after ``retry_after_s`` seconds."""

    default_code = "busy"

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float = 1.0,
        code: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, code=code, details=details)
        self.retry_after_s = retry_after_s


class RateLimited(Busy):
    """The key sent requests faster than its rate."""

    default_code = "rate_limited"


class QuotaExceeded(Busy):
    """The key has used up its day."""

    default_code = "quota_exceeded"


class StorageFailed(FaceplateError):
    """The store could not read or write; nothing was changed."""

    default_code = "storage_failed"


class StorageFull(StorageFailed):
    """No space left; nothing was changed."""

    default_code = "storage_full"


class StorageCorrupt(StorageFailed):
    """The store's own files do not make sense; they were left untouched."""

    default_code = "storage_corrupt"


class UpstreamFailed(FaceplateError):
    """A service behind us failed in a way the caller cannot mend."""

    default_code = "upstream_failed"


class Misconfigured(FaceplateError):
    """A setting is missing or wrong; the message says which and how to mend it."""

    default_code = "misconfigured"


class ModelUnavailable(Misconfigured):
    """The weights of a model are nowhere to be found; the message names the command to get them."""

    default_code = "model_unavailable"


class ModelCorrupt(Misconfigured):
    """A weights file does not have the promised sha256; it was not loaded."""

    default_code = "model_corrupt"


def every_error() -> list[type[FaceplateError]]:
    """List the whole tree, root first, for tables that must be total."""
    found: list[type[FaceplateError]] = [FaceplateError]
    for error in found:
        found.extend(error.__subclasses__())
    return found
