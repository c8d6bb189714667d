"""Call Rekognition's operations by name: in process, or by boto3 over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from aws_serving import AwsServing
from faceplate.domain.errors import FaceplateError
from faceplate.domain.keys import KeyScope
from faceplate.http.rekognition.operations import OPERATIONS
from faceplate.http.rekognition.operations.call import AwsKey, Call
from faceplate.http.rekognition.operations.exceptions import EXCEPTIONS
from faceplate.services.application import Application

MISSING = "ResourceNotFoundException"
INVALID = "InvalidParameterException"
EXISTS = "ResourceAlreadyExistsException"
CONFLICT = "ConflictException"
MISMATCH = "IdempotentParameterMismatchException"
BAD_TOKEN = "InvalidPaginationTokenException"
QUOTA = "ServiceQuotaExceededException"
DENIED = "AccessDeniedException"
NO_OBJECT = "InvalidS3ObjectException"
TOO_LARGE = "ImageTooLargeException"
BAD_IMAGE = "InvalidImageFormatException"

ABSENT = "00000000-0000-0000-0000-000000000000"
"""A FaceId that nobody has."""

Invoke = Callable[..., dict[str, Any]]


def invoking(application: Application) -> Invoke:
    """Return a function that calls an operation's handler by its name.

    Its ``prefix`` is the key's; ``headers`` collects the answer's.
    """

    def invoke(
        name: str, *, prefix: str = "", headers: dict[str, str] | None = None, **members: Any
    ) -> dict[str, Any]:
        key = AwsKey(f"AKIA{prefix}", KeyScope.WRITE, prefix)
        call = Call(application, key, {} if headers is None else headers)
        answer = OPERATIONS[name].handler(call, members)
        return {name: value for name, value in answer.items() if value is not None}

    return invoke


def asking(server: AwsServing) -> Invoke:
    """Return the same function over boto3: a key is made for each prefix."""
    clients: dict[str, Any] = {}

    def invoke(
        name: str, *, prefix: str = "", headers: dict[str, str] | None = None, **members: Any
    ) -> dict[str, Any]:
        if prefix not in clients:
            pair = server.new_key(
                scope=KeyScope.WRITE, collection_prefix=prefix, rate_rps=1e6, burst=1_000_000
            )
            clients[prefix] = server.client(pair)
        answer: dict[str, Any] = getattr(clients[prefix], xform_name(name))(**members)
        sent = answer.pop("ResponseMetadata")["HTTPHeaders"]
        if headers is not None:
            headers.update({key: sent[key] for key in sent if key.startswith("x-faceplate-")})
        return answer

    return invoke


def refusal(invoke: Invoke, name: str, **members: Any) -> str:
    """Return the exception that an operation must answer with, by Rekognition's name for it."""
    with pytest.raises((FaceplateError, ClientError)) as caught:
        invoke(name, **members)
    if isinstance(caught.value, ClientError):
        code: str = caught.value.response["Error"]["Code"]
        return code
    return EXCEPTIONS[caught.value.code]
