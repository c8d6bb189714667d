"""Tokens of pages that only this installation can make, and only for the list they came from."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from faceplate.domain.errors import InvalidParameter

MAX_TOKEN_CHARS = 255
"""Source: the longest PaginationToken in Amazon Rekognition's service model."""

_DIGEST_BYTES = 8
_SEAL_BYTES = 12
_MAX_KEY_BYTES = MAX_TOKEN_CHARS * 3 // 4 - _SEAL_BYTES - 1
_WHOLE, _CUT = b"w", b"c"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a list goes on: after ``key``.

    With a ``digest``, ``key`` is no more than the beginning of the key that has this digest.
    """

    key: str
    digest: bytes | None = None

    def is_of(self, key: str) -> bool:
        """Tell whether this is the position after ``key``."""
        return self.digest in {None, _digest(key)} and (
            key == self.key if self.digest is None else key.startswith(self.key)
        )


class PageTokens:
    """Seal the last key of a page, and open what was sealed.

    ``scope`` names the list with everything that shapes it (whose it is, its filters): a token of
    one list is refused by every other.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, scope: str, last_key: str) -> str:
        """Return a token of at most 255 characters of ``A-Z a-z 0-9 _ -``. Keys are ASCII."""
        raw = last_key.encode()
        body = _WHOLE + raw
        if len(raw) > _MAX_KEY_BYTES:
            body = _CUT + _digest(last_key) + raw[: _MAX_KEY_BYTES - _DIGEST_BYTES]
        return base64.urlsafe_b64encode(self._mac(scope, body) + body).decode().rstrip("=")

    def open(self, scope: str, token: str) -> Position:
        """Return where the list goes on.

        Raises:
            InvalidParameter: Code ``invalid_pagination_token``: not a token of this list.
        """
        try:
            padded = token.encode("ascii") + b"=" * (-len(token) % 4)
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError) as exc:
            raise _not_ours() from exc
        seal, body = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
        if not body or not hmac.compare_digest(seal, self._mac(scope, body)):
            raise _not_ours()
        if body[:1] == _WHOLE:
            return Position(body[1:].decode())
        return Position(body[1 + _DIGEST_BYTES :].decode(), body[1 : 1 + _DIGEST_BYTES])

    def _mac(self, scope: str, body: bytes) -> bytes:
        text = b"page:" + scope.encode() + b"\0" + body
        return hmac.new(self._secret, text, hashlib.sha256).digest()[:_SEAL_BYTES]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()[:_DIGEST_BYTES]


def _not_ours() -> InvalidParameter:
    return InvalidParameter(
        "NextToken is not one that this list gave out.",
        parameter="NextToken",
        code="invalid_pagination_token",
    )
