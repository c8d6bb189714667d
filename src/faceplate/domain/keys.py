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


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as stored: its secret is kept only as a digest and cannot be shown again."""

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
