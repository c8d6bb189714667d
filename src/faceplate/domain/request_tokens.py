"""Tokens by which a client that asks twice is answered once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RequestToken:
    """What a caller's token stands for: a digest of the request, and the answer it was given.

    ``digest`` is keyed, so that it gives no parameter away. ``answer`` is JSON-able. The token is
    forgotten with its collection.
    """

    caller: str
    token: str
    collection_id: str
    digest: str
    answer: Mapping[str, Any]
    created_at: datetime
