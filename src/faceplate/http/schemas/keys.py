"""API keys, and copies of everything."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from faceplate.http.schemas.base import Answer, Example, Moment, NextToken, RequestBody

_KEY_EXAMPLE: Example = {
    "key_id": "0a1b2c3d4e5f",
    "name": "door",
    "kind": "api",
    "scope": "read",
    "collection_prefix": "",
    "created_at": "2030-01-01T12:00:00Z",
    "revoked_at": None,
    "rate_rps": 10.0,
    "burst": 25,
    "daily_quota": 500,
    "daily_tokens": None,
    "used_today": 12,
}

Scope = Literal["read", "write", "admin"]
Kind = Annotated[
    Literal["api", "aws"],
    Field(description="`aws`: an access key that signs requests to Amazon Rekognition's protocol."),
]
CollectionPrefix = Annotated[
    str,
    Field(
        pattern=r"^[a-zA-Z0-9_.\-]{0,255}$",
        description="What the ids of all collections an `aws` key may use begin with.",
    ),
]


class KeyItem(Answer):
    """A key; a limit that is null follows the server's default."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY_EXAMPLE]})

    key_id: str
    name: str
    kind: Kind
    scope: Scope
    collection_prefix: CollectionPrefix
    created_at: Moment
    revoked_at: Moment | None
    rate_rps: float | None
    burst: int | None
    daily_quota: int | None
    daily_tokens: int | None
    used_today: int


class KeyList(Answer):
    """All keys, oldest first, revoked ones too."""

    keys: list[KeyItem]
    next_token: NextToken


class NewKey(RequestBody):
    """A key to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "door", "scope": "read"}]})

    name: str = Field(min_length=1, max_length=100)
    kind: Kind = "api"
    scope: Annotated[
        Scope | None,
        Field(description="What it may do; by default `admin`, for an `aws` key `write`."),
    ] = None
    collection_prefix: CollectionPrefix = ""
    rate_rps: Annotated[float, Field(gt=0, le=1_000_000)] | None = None
    burst: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    daily_quota: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    daily_tokens: Annotated[int, Field(ge=1, le=1_000_000_000_000)] | None = None


class NewKeyAnswer(KeyItem):
    """A new key. Its secret is shown here and never again.

    `secret` is an API key's; an `aws` key has `access_key_id` and `secret_access_key` instead.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_KEY_EXAMPLE, "secret": "fp_0a1b2c3d4e5f_…"}]}
    )

    secret: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = None


class KeyRevoked(Answer):
    """A key that is useless from now on."""

    key_id: str
    revoked: Literal[True]


class BackupPlace(RequestBody):
    """A file of the server, by its absolute path."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"path": "/backups/faces.tar"}]})

    path: str = Field(min_length=1, max_length=4096)


class BackupAnswer(Answer):
    """A backup that was written."""

    path: str
    images: int
    bytes: int


class RestoreAnswer(Answer):
    """A backup that was put back; `swept` counts pictures nothing named any more."""

    images: int
    swept: int
