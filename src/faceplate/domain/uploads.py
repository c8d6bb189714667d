"""Uploads: pictures that arrive by a signed address and are indexed on arrival."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class UploadStatus(enum.StrEnum):
    """Where an upload stands."""

    WAITING = "waiting"
    INDEXED = "indexed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Upload:
    """A promised picture. ``error_code`` says why it was refused."""

    upload_id: str
    collection_id: str
    key: str
    status: UploadStatus
    created_at: datetime
    expires_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    face_count: int | None = None
    error_code: str | None = None
