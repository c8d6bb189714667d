"""AWS JSON 1.1: which operation a request is for, what it says, and how the answer looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from faceplate.http.answers import encode
from faceplate.http.json_bodies import decode_json
from faceplate.http.rekognition.aws_error import CONTENT_TYPE, AwsError
from faceplate.http.rekognition.errors import TEXTS
from faceplate.http.rekognition.model import Model, OperationModel
from faceplate.http.rekognition.operations import OPERATIONS
from faceplate.http.rekognition.operations.call import Operation
from faceplate.http.rekognition.sigv4 import Headers
from faceplate.http.rekognition.validate import validate

_TAKEN = frozenset({CONTENT_TYPE, "application/x-amz-json-1.0", "application/json"})


def choose_operation(headers: Headers, model: Model) -> OperationModel:
    """Return the operation that the header X-Amz-Target names.

    Raises:
        AwsError: UnknownOperationException: it names none of the service model.
    """
    targets = [value for name, value in headers if name == b"x-amz-target"]
    prefix, _, name = (targets[0] if len(targets) == 1 else b"").decode("latin-1").partition(".")
    operation = model.operations.get(name) if prefix == model.target_prefix else None
    if operation is None:
        raise AwsError(
            "UnknownOperationException",
            f"X-Amz-Target must be {model.target_prefix}. and an operation of Amazon Rekognition.",
        )
    return operation


def require_served(operation: OperationModel) -> Operation:
    """Return what serves an operation.

    Raises:
        AwsError: AccessDeniedException: this server does not offer it.
    """
    served = OPERATIONS.get(operation.name)
    if served is None:
        raise AwsError(
            "AccessDeniedException",
            f"{operation.name} is not supported by this server, which offers the operations on "
            "faces in still images. docs/reference/rekognition.md lists them.",
        )
    return served


def unsupported(model: Model) -> list[str]:
    """List the operations of the service that this server does not offer."""
    return sorted(set(model.operations) - set(OPERATIONS))


def read_request(
    headers: Headers, body: bytes, operation: OperationModel, model: Model
) -> Mapping[str, Any]:
    """Return the members of a request's input, all of them valid; an empty body is ``{}``.

    Raises:
        AwsError: SerializationException: not a JSON object; ImageTooLargeException: a picture past
            its limit; InvalidParameterException: any other rule of the model.
        InvalidInput: The body is not JSON.
    """
    _require_json(headers)
    document = decode_json(body) if body.strip() else {}
    if not isinstance(document, dict):
        raise AwsError("SerializationException", "The body must be a JSON object.")
    found, findings = validate(model.shapes, operation.input, document)
    if findings:
        name = "InvalidParameterException"
        if all(finding.too_large for finding in findings):
            name = "ImageTooLargeException"
        raise AwsError(name, f"{TEXTS[name]} {'; '.join(finding.text for finding in findings)}.")
    members: Mapping[str, Any] = found
    return members


def write_answer(answer: Mapping[str, Any]) -> bytes:
    """Return the body of an answer: members that are None left out, moments in epoch seconds."""
    return encode(_plain(answer))


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    return value


def _require_json(headers: Headers) -> None:
    given = b",".join(value for name, value in headers if name == b"content-type")
    if given.decode("latin-1").partition(";")[0].strip().lower() not in _TAKEN:
        raise AwsError("SerializationException", f"Content-Type must be {CONTENT_TYPE}.")
