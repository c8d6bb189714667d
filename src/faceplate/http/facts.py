"""What one request leaves behind for its log line and the metrics."""

from __future__ import annotations

import random
import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SLOT = "faceplate"


@dataclass(slots=True)
class RequestFacts:
    """Filled in while a request is served. No name, key, path or content ever goes in here."""

    request_id: str
    key_id: str | None = None
    face_count: int | None = None
    body_bytes: int = 0

    def put_into(self, scope: MutableMapping[str, Any]) -> None:
        """Lay the facts where `facts_of` finds them."""
        scope[_SLOT] = self


def facts_of(scope: MutableMapping[str, Any]) -> RequestFacts:
    """Return the facts of the request that this ASGI scope belongs to."""
    facts: RequestFacts = scope[_SLOT]
    return facts


def choose_request_id(offered: str | None) -> str:
    """Take over the caller's id when it is harmless, else make one."""
    if offered is not None and _REQUEST_ID.fullmatch(offered):
        return offered
    # An id tells requests apart and guards nothing: no call into the system is needed for it.
    return f"{random.getrandbits(128):032x}"
