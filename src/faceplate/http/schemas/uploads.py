"""Uploads by a signed address."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from faceplate.http.schemas.base import Answer, Metadata, Moment, RequestBody


class NewUpload(RequestBody):
    """A picture that will be sent later."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"filename": "friends/ana.jpg", "metadata": {}}]}
    )

    filename: str = Field(min_length=1, max_length=1024, description="Becomes the image's key.")
    metadata: Metadata | None = None


class UploadTicket(Answer):
    """Where to send the bytes, without a key, and until when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "upload_id": "0f3a",
                    "key": "friends/ana.jpg",
                    "method": "PUT",
                    "url": "http://127.0.0.1:8000/v1/uploads/0f3a?signature=9c1e",
                    "expires_at": "2030-01-01T12:15:00Z",
                    "status_url": "http://127.0.0.1:8000/v1/uploads/0f3a",
                }
            ]
        }
    )

    upload_id: str
    key: str
    method: Literal["PUT"]
    url: str
    expires_at: Moment
    status_url: str


class UploadStatusAnswer(Answer):
    """Where an upload stands; `error_code` says why it was refused."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "upload_id": "0f3a",
                    "key": "friends/ana.jpg",
                    "status": "indexed",
                    "face_count": 3,
                    "error_code": None,
                    "created_at": "2030-01-01T12:00:00Z",
                    "expires_at": "2030-01-01T12:15:00Z",
                }
            ]
        }
    )

    upload_id: str
    key: str
    status: Literal["waiting", "indexed", "refused", "expired"]
    face_count: int | None
    error_code: str | None
    created_at: Moment
    expires_at: Moment
