"""An answer that refuses, in Amazon Rekognition's shape."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

CONTENT_TYPE = "application/x-amz-json-1.1"
REQUEST_ID = "x-amzn-RequestId"


class AwsError(Exception):
    """Refuse a request by the name that programs for AWS look for."""

    def __init__(
        self,
        name: str,
        message: str,
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.status = status
        self.headers = dict(headers or {})


def render(error: AwsError, request_id: str) -> Response:
    """Make the answer of an error.

    Source: the body in "Error handling", Amazon Rekognition Developer Guide.
    """
    body = {
        "__type": error.name,
        "Code": error.name,
        "Logref": request_id,
        "Message": error.message,
    }
    headers = {REQUEST_ID: request_id, **error.headers}
    return Response(
        msgspec.json.encode(body), error.status, headers=headers, media_type=CONTENT_TYPE
    )
