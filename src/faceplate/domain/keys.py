"""API keys: who may call, and how often."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime


class KeyScope(enum.StrEnum):
    """What a key may do. ``admin`` includes keys, backup and restore."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class KeyKind(enum.StrEnum):
    """How a key is used: sent with each request, or as an AWS access key that signs them."""

    API = "api"
    AWS = "aws"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as stored; its secret cannot be shown again.

    Of an API key's secret the digest is kept. An AWS access key's secret is needed to check
    signatures, so it is derived anew each time; nothing of it is kept, and ``secret_sha256`` is
    empty. ``collection_prefix`` is what the ids of all collections it may use begin with.
    """

    key_id: str
    name: str
    scope: KeyScope
    secret_sha256: str
    created_at: datetime
    revoked_at: datetime | None = None
    rate_rps: float | None = None
    burst: int | None = None
    daily_quota: int | None = None
    daily_tokens: int | None = None
    kind: KeyKind = KeyKind.API
    collection_prefix: str = ""
