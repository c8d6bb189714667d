"""Which of Amazon Rekognition's exceptions stands for which of our error codes."""

from __future__ import annotations

from collections.abc import Mapping

EXCEPTIONS: Mapping[str, str] = {
    "collection_exists": "ResourceAlreadyExistsException",
    "collection_not_found": "ResourceNotFoundException",
    "face_not_found": "ResourceNotFoundException",
    "person_not_found": "ResourceNotFoundException",
    "resource_not_found": "ResourceNotFoundException",
    "person_exists": "ConflictException",
    "idempotency_mismatch": "IdempotentParameterMismatchException",
    "invalid_pagination_token": "InvalidPaginationTokenException",
    "too_many_tags": "ServiceQuotaExceededException",
    "too_many_faces_of_person": "ServiceQuotaExceededException",
    "collection_out_of_scope": "AccessDeniedException",
    "collection_model_mismatch": "InvalidParameterException",
    "no_face_found": "InvalidParameterException",
    "image_source_invalid": "InvalidParameterException",
    "s3_object_unavailable": "InvalidS3ObjectException",
    "image_too_large": "ImageTooLargeException",
    "image_too_many_pixels": "ImageTooLargeException",
    "image_too_small": "InvalidParameterException",
    "image_empty": "InvalidImageFormatException",
    "image_invalid": "InvalidImageFormatException",
    "image_format_unsupported": "InvalidImageFormatException",
    "image_corrupt": "InvalidImageFormatException",
    "image_truncated": "InvalidImageFormatException",
}
"""Codes of the operations; what any request can meet (keys, limits, the server's own faults) is
mapped by the protocol."""

BY_OPERATION: Mapping[tuple[str, str], str] = {
    ("SearchFaces", "face_not_found"): "InvalidParameterException",
}
"""Where one operation says it otherwise.

Source: what callers of Amazon Rekognition met, in the issues 31 and 50 of its developer guide.
"""
