"""What only this installation can compute: pseudonyms and signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import TypeAlias

Secret: TypeAlias = bytes | Callable[[], bytes]
"""The installation's secret, or how to get it when it is first needed."""


class Pseudonyms:
    """Keyed digests, so that a log can be checked for an id and never gives one away."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def of(self, name: str) -> str:
        """Return 32 hexadecimal digits that stand for a name."""
        return hmac.new(
            _reveal(self._secret), b"pseudonym:" + name.encode(), hashlib.sha256
        ).hexdigest()[:32]


class Signer:
    """Sign short texts, such as the address of an upload."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def sign(self, text: str) -> str:
        """Return the signature as 64 hexadecimal digits."""
        return hmac.new(_reveal(self._secret), b"sign:" + text.encode(), hashlib.sha256).hexdigest()

    def verify(self, text: str, signature: str) -> bool:
        """Tell in constant time whether a signature is ours."""
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())


class AccessSecrets:
    """Derive the secret of an AWS access key from its id.

    Checking a signature takes the secret itself. Derived, it is in no file; see
    docs/decisions/0011-aws-secrets-are-derived.md.
    """

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def of(self, access_key_id: str) -> str:
        """Return the secret access key: 40 characters of letters, digits, ``-`` and ``_``."""
        message = b"aws-secret-access-key:" + access_key_id.encode("utf-8", "surrogatepass")
        digest = hmac.new(_reveal(self._secret), message, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:30]).decode("ascii")


def _reveal(secret: Secret) -> bytes:
    return secret if isinstance(secret, bytes) else secret()
