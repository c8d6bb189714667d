"""From our errors to Amazon Rekognition's exceptions: one total table, and what each says."""

from __future__ import annotations

import math
from collections.abc import Mapping

from faceplate.domain import errors
from faceplate.domain.errors import Busy, FaceplateError
from faceplate.http.rekognition.aws_error import AwsError
from faceplate.http.rekognition.model import OperationModel
from faceplate.http.rekognition.operations.exceptions import BY_OPERATION, EXCEPTIONS

BY_CLASS: Mapping[type[FaceplateError], str] = {
    FaceplateError: "InternalServerError",
    errors.InvalidInput: "InvalidParameterException",
    errors.InvalidParameter: "InvalidParameterException",
    errors.InvalidImage: "InvalidImageFormatException",
    errors.ImageTooLarge: "ImageTooLargeException",
    errors.NoFaceFound: "InvalidParameterException",
    errors.InvalidQuery: "InvalidParameterException",
    errors.Unauthenticated: "AccessDeniedException",
    errors.Forbidden: "AccessDeniedException",
    errors.NotFound: "ResourceNotFoundException",
    errors.Conflict: "ConflictException",
    errors.DataFolderInUse: "InternalServerError",
    errors.Unsupported: "InvalidParameterException",
    errors.Busy: "ThrottlingException",
    errors.RateLimited: "ThrottlingException",
    errors.QuotaExceeded: "ProvisionedThroughputExceededException",
    errors.StorageFailed: "InternalServerError",
    errors.StorageFull: "InternalServerError",
    errors.StorageCorrupt: "InternalServerError",
    errors.UpstreamFailed: "InternalServerError",
    errors.Misconfigured: "InternalServerError",
    errors.ModelUnavailable: "InternalServerError",
    errors.ModelCorrupt: "InternalServerError",
}

BEFORE_ANY_OPERATION: Mapping[str, str] = {
    "invalid_json": "SerializationException",
    "content_encoding_unsupported": "SerializationException",
}
"""Codes that the protocol itself answers, whatever the operation documents."""

TEXTS: Mapping[str, str] = {
    "AccessDeniedException": "User is not authorized to perform this.",
    "ImageTooLargeException": "Image size is too large.",
    "InternalServerError": "Internal server error.",
    "InvalidImageFormatException": "Request has invalid image format.",
    "InvalidPaginationTokenException": "Invalid Pagination Token.",
    "InvalidParameterException": "Request has invalid parameters.",
    "InvalidS3ObjectException": (
        "Unable to get object metadata from S3. Check object key, region and/or access permissions."
    ),
    "ProvisionedThroughputExceededException": "Provisioned Rate exceeded.",
    "ThrottlingException": "Slow down; sudden increase in rate of requests.",
}
"""What Amazon's own message begins with; ours follows.

Source: "Error handling", Amazon Rekognition Developer Guide.
"""


TEXTS_BY_OPERATION: Mapping[tuple[str, str], str] = {
    (
        "SearchFacesByImage",
        "no_face_found",
    ): "There are no faces in the image. Should be at least 1.",
    ("SearchFaces", "face_not_found"): "faceId was not found in the collection.",
}
"""What an operation says of an error in words of its own, for which programs look."""


def translate(error: FaceplateError, operation: OperationModel | None) -> AwsError:
    """Return the exception that stands for an error, among those the operation documents.

    A client knows no others: where the fitting one is not documented, an error of the caller's is
    `InvalidParameterException`, and any other `InternalServerError`.
    """
    early = BEFORE_ANY_OPERATION.get(error.code)
    if early is not None:
        return AwsError(early, error.message)
    place = ("" if operation is None else operation.name, error.code)
    name = (
        BY_OPERATION.get(place)
        or EXCEPTIONS.get(error.code)
        or next(BY_CLASS[kind] for kind in type(error).__mro__ if kind in BY_CLASS)
    )
    if operation is not None and name not in operation.exceptions:
        name = "InvalidParameterException"
    text = TEXTS_BY_OPERATION.get(place) or TEXTS.get(name)
    headers = {}
    if isinstance(error, Busy):
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after_s)))
    return AwsError(
        name,
        error.message if text is None else f"{text} {error.message}",
        status=500 if name == "InternalServerError" else 400,
        headers=headers,
    )
