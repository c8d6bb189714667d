"""Every error code the API can answer with: its class and when it happens."""

from __future__ import annotations

from dataclasses import dataclass

from faceplate.domain import errors
from faceplate.domain.errors import FaceplateError


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A stable code; ``error`` decides the status, ``meaning`` is for the reference.

    ``status`` is set for the few answers of the HTTP edge that no error class stands for.
    """

    error: type[FaceplateError]
    meaning: str
    status: int | None = None


CODES: dict[str, ErrorCode] = {
    # the request itself
    "route_not_found": ErrorCode(errors.NotFound, "No route has this path."),
    "method_not_allowed": ErrorCode(
        errors.InvalidInput, "`Allow` lists the methods it takes.", 405
    ),
    "invalid_input": ErrorCode(errors.InvalidInput, "The request can never work as it is."),
    "invalid_parameter": ErrorCode(
        errors.InvalidParameter,
        "`details.parameter` names the query parameter, header or member; `details.rule` the rule.",
    ),
    "invalid_json": ErrorCode(errors.InvalidInput, "The body is not JSON in UTF-8."),
    "invalid_query": ErrorCode(errors.InvalidQuery, "Not one SELECT over the offered columns."),
    "query_too_slow": ErrorCode(errors.InvalidQuery, "The statement ran for more than 2 s."),
    "query_unsupported": ErrorCode(errors.Unsupported, "This store has no query language."),
    "invalid_pagination_token": ErrorCode(errors.InvalidParameter, "`next_token` is not ours."),
    "path_invalid": ErrorCode(errors.InvalidParameter, "The path is not UTF-8 once decoded."),
    "content_encoding_unsupported": ErrorCode(
        errors.InvalidParameter, "Send the body without Content-Encoding."
    ),
    "body_too_large": ErrorCode(errors.ImageTooLarge, "More bytes than any body may have."),
    # pictures
    "image_empty": ErrorCode(errors.InvalidImage, "There are no bytes."),
    "image_invalid": ErrorCode(errors.InvalidImage, "The picture cannot be used."),
    "image_format_unsupported": ErrorCode(errors.InvalidImage, "Not a picture format we read."),
    "image_corrupt": ErrorCode(errors.InvalidImage, "The picture's data makes no sense."),
    "image_truncated": ErrorCode(errors.InvalidImage, "The picture ends too early."),
    "image_too_small": ErrorCode(errors.InvalidImage, "Too few pixels to show a face."),
    "image_too_many_pixels": ErrorCode(errors.InvalidImage, "More pixels than the limit."),
    "image_encoding_invalid": ErrorCode(
        errors.InvalidImage, "Text that is not base64, or a multipart body that breaks its rules."
    ),
    "image_too_large": ErrorCode(errors.ImageTooLarge, "More bytes than the limit for a picture."),
    "no_face_found": ErrorCode(errors.NoFaceFound, "The operation needs a face; none is seen."),
    "image_key_invalid": ErrorCode(
        errors.InvalidParameter,
        "The key is empty, not Unicode, or ends in `/faces` or `/annotated`.",
    ),
    "image_key_too_long": ErrorCode(
        errors.InvalidParameter, "The encoded key has more than 255 characters."
    ),
    # who may call, and how often
    "unauthenticated": ErrorCode(errors.Unauthenticated, "No key, or not one of ours."),
    "forbidden": ErrorCode(errors.Forbidden, "The key may not do this."),
    "scope_too_small": ErrorCode(errors.Forbidden, "The key's scope does not cover this."),
    "local_key_needed": ErrorCode(
        errors.Forbidden, "Only the key of this machine's own user may name files of the server."
    ),
    "upload_signature_invalid": ErrorCode(errors.Forbidden, "The upload address is not ours."),
    "upload_expired": ErrorCode(errors.Forbidden, "The upload address is too old."),
    "rate_limited": ErrorCode(errors.RateLimited, "Too many requests a second; `Retry-After`."),
    "quota_exceeded": ErrorCode(errors.QuotaExceeded, "The day is used up; `Retry-After`."),
    "busy": ErrorCode(errors.Busy, "Too many pictures are waiting; `Retry-After`."),
    # things that are not there, or are there already
    "not_found": ErrorCode(errors.NotFound, "There is no such thing."),
    "image_not_found": ErrorCode(errors.NotFound, "No image has this key."),
    "image_bytes_erased": ErrorCode(
        errors.NotFound, "The bytes went with the erasure of a person; faceprints stayed."
    ),
    "blob_not_found": ErrorCode(errors.NotFound, "The bytes are missing from the store."),
    "blob_name_invalid": ErrorCode(errors.InvalidParameter, "A store was given a bad name."),
    "face_not_found": ErrorCode(errors.NotFound, "No face has this id."),
    "person_not_found": ErrorCode(errors.NotFound, "No person has this id."),
    "collection_not_found": ErrorCode(errors.NotFound, "No collection has this id."),
    "upload_not_found": ErrorCode(errors.NotFound, "No upload has this id."),
    "key_not_found": ErrorCode(errors.NotFound, "No live key has this id."),
    "conflict": ErrorCode(errors.Conflict, "The state of things forbids it now."),
    "collection_exists": ErrorCode(errors.Conflict, "The collection is there already."),
    "collection_model_mismatch": ErrorCode(
        errors.Conflict, "The collection was made with another model: migrate it."
    ),
    "person_exists": ErrorCode(errors.Conflict, "The person is there already."),
    "too_many_faces_of_person": ErrorCode(
        errors.Conflict, "More faces than one person may have: 100 in Amazon Rekognition."
    ),
    "faces_not_moved": ErrorCode(
        errors.Conflict, "A face cannot change hands; its person was not merged and stays."
    ),
    "upload_done": ErrorCode(errors.Conflict, "The upload has arrived before."),
    "file_exists": ErrorCode(errors.Conflict, "The file is there already."),
    "backup_disturbed": ErrorCode(errors.Conflict, "Pictures kept being deleted; try again."),
    "write_conflict": ErrorCode(
        errors.Busy, "Somebody changed the same thing at the same time; nothing was written."
    ),
    "image_busy": ErrorCode(errors.Busy, "Somebody else is changing this picture."),
    "backup_unsupported": ErrorCode(
        errors.Unsupported, "On AWS the table has point-in-time recovery of its own."
    ),
    "keys_in_gateway": ErrorCode(
        errors.Unsupported, "On AWS keys are made, listed and revoked in API Gateway."
    ),
    "backup_not_found": ErrorCode(errors.InvalidInput, "There is no such backup file."),
    "backup_invalid": ErrorCode(errors.StorageCorrupt, "Not a backup of ours, or damaged."),
    # the server
    "unsupported": ErrorCode(errors.Unsupported, "This mode or build cannot do this."),
    "attribute_unsupported": ErrorCode(
        errors.Unsupported, "No model for this attribute is installed."
    ),
    "internal_error": ErrorCode(FaceplateError, "Our fault; the log has the request id."),
    "storage_failed": ErrorCode(errors.StorageFailed, "The store failed; nothing changed."),
    "storage_busy": ErrorCode(errors.Busy, "Another program holds the store; nothing changed."),
    "storage_closed": ErrorCode(errors.StorageFailed, "The store has been closed."),
    "storage_full": ErrorCode(errors.StorageFull, "No space left; nothing changed."),
    "storage_corrupt": ErrorCode(errors.StorageCorrupt, "The store's files make no sense."),
    "upstream_failed": ErrorCode(
        errors.UpstreamFailed, "A provider failed; the status is its own where it gave one."
    ),
    "upstream_refused": ErrorCode(
        errors.InvalidInput,
        "A provider refused the request; the status is its own, `details.provider_code` its code.",
    ),
    "upstream_unauthenticated": ErrorCode(
        errors.UpstreamFailed,
        "A provider refused this server's key; the status is its own (401 or 403).",
        401,
    ),
    "upstream_rate_limited": ErrorCode(
        errors.RateLimited, "A provider limits this server; `Retry-After`."
    ),
    "upstream_busy": ErrorCode(errors.Busy, "A provider is overloaded; `Retry-After`."),
    "upstream_unreachable": ErrorCode(errors.UpstreamFailed, "No connection to a provider."),
    "source_missing": ErrorCode(
        errors.Misconfigured, "`faceplate package`: the folder is no checkout of Faceplate."
    ),
    "packages_unavailable": ErrorCode(
        errors.UpstreamFailed, "`faceplate package`: a pinned package could not be fetched."
    ),
    "event_invalid": ErrorCode(
        errors.InvalidInput, "On AWS: the gateway handed over something that is no request."
    ),
    "answer_too_large": ErrorCode(
        errors.FaceplateError, "On AWS: the answer is past the 6 MB that a function may give."
    ),
    "deadline_exceeded": ErrorCode(
        errors.UpstreamFailed, "On AWS: no answer within the time the gateway waits.", 504
    ),
    "upstream_timeout": ErrorCode(
        errors.UpstreamFailed, "A provider fell silent or took too long.", 504
    ),
    "upstream_cut_off": ErrorCode(errors.UpstreamFailed, "A provider broke off its answer."),
    "upstream_invalid_answer": ErrorCode(
        errors.UpstreamFailed, "A provider's answer is not OpenAI's API."
    ),
    "context_length_exceeded": ErrorCode(
        errors.InvalidParameter, "More tokens than the model's context holds."
    ),
    "model_downloading": ErrorCode(
        errors.Busy, "The language model is being fetched; `details` has the progress."
    ),
    "model_loading": ErrorCode(errors.Busy, "The language model is being loaded."),
    "model_restarting": ErrorCode(errors.Busy, "The language model is being started again."),
    "model_queue_full": ErrorCode(errors.Busy, "Too many requests wait for the language model."),
    "model_crashed": ErrorCode(errors.UpstreamFailed, "The language model ended unexpectedly."),
    "model_hung": ErrorCode(
        errors.Busy, "The language model stopped answering; it is being started again."
    ),
    "model_load_failed": ErrorCode(errors.Misconfigured, "The language model cannot be loaded."),
    "llm_not_installed": ErrorCode(
        errors.Misconfigured, "The runtime of the embedded language model is not installed."
    ),
    "result_invalid": ErrorCode(
        errors.UpstreamFailed,
        "The model gave no result that fits the schema; `details.problems` says why.",
    ),
    "surface_unsupported": ErrorCode(
        errors.Unsupported, "The configured provider does not offer this; says what to set."
    ),
    "app_not_found": ErrorCode(errors.NotFound, "No prompt application has this slug."),
    "model_not_found": ErrorCode(errors.NotFound, "No model has this name."),
    "input_too_long": ErrorCode(errors.InvalidParameter, "More characters than the limit."),
    "token_quota_exceeded": ErrorCode(
        errors.QuotaExceeded, "The key's tokens of the day do not suffice; `Retry-After`."
    ),
    "misconfigured": ErrorCode(errors.Misconfigured, "A setting is missing or wrong."),
    "aws_access_denied": ErrorCode(
        errors.Misconfigured, "AWS refuses this service's credentials, or there are none."
    ),
    "aws_region_missing": ErrorCode(errors.Misconfigured, "`AWS_REGION` is not set."),
    "model_unavailable": ErrorCode(errors.ModelUnavailable, "The model's weights are missing."),
    "model_corrupt": ErrorCode(errors.ModelCorrupt, "A weights file is not what it should be."),
}

SERVER = (
    "internal_error",
    "storage_failed",
    "storage_busy",
    "storage_closed",
    "storage_corrupt",
    "deadline_exceeded",
    "answer_too_large",
)
KEYED = ("unauthenticated", "scope_too_small", "rate_limited", "quota_exceeded")
STORING = ("storage_full",)
ENGINE = ("busy", "misconfigured", "model_unavailable", "model_corrupt")
PICTURE = (
    "image_empty",
    "image_invalid",
    "image_format_unsupported",
    "image_corrupt",
    "image_truncated",
    "image_too_small",
    "image_too_many_pixels",
    "image_encoding_invalid",
    "image_too_large",
    "body_too_large",
    "content_encoding_unsupported",
    "invalid_json",
    *ENGINE,
)
JSON_BODY = ("invalid_json", "body_too_large", "content_encoding_unsupported")
UPSTREAM = (
    "upstream_failed",
    "upstream_refused",
    "upstream_unauthenticated",
    "upstream_rate_limited",
    "upstream_busy",
    "upstream_unreachable",
    "upstream_timeout",
    "upstream_cut_off",
    "upstream_invalid_answer",
)
EMBEDDED = (
    "context_length_exceeded",
    "model_downloading",
    "model_loading",
    "model_restarting",
    "model_queue_full",
    "model_crashed",
    "model_hung",
    "model_load_failed",
    "llm_not_installed",
    "model_unavailable",
    "model_corrupt",
)
"""Codes that come in groups, for routes to list."""
