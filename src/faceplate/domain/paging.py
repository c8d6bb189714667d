"""Pages of long lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from faceplate.domain.errors import InvalidParameter

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A slice of an ordered list, and the token of the next one; None at the end."""

    items: Sequence[Item]
    next_token: str | None


def encode_token(last_key: str) -> str:
    """Wrap the sort key of a page's last item into an opaque token."""
    return base64.urlsafe_b64encode(last_key.encode("utf-8", "surrogatepass")).decode("ascii")


def decode_token(token: str | None) -> str:
    """Unwrap a token; None means the beginning, the empty string.

    Raises:
        InvalidParameter: Not a token of ours.
    """
    if token is None:
        return ""
    try:
        return base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True).decode(
            "utf-8", "surrogatepass"
        )
    except (binascii.Error, UnicodeError) as exc:
        raise InvalidParameter(
            "next_token is not one that this service gave out.",
            parameter="next_token",
            code="invalid_pagination_token",
        ) from exc
