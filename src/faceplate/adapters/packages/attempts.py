"""What one try to get an artifact can end in."""

from __future__ import annotations

import hashlib

from faceplate.domain.artifacts import Artifact


class SourceFailed(Exception):
    """A source could not give the file; ``reason`` is in our own words."""

    def __init__(self, reason: str, *, wrong_bytes: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wrong_bytes = wrong_bytes


def require_promised(artifact: Artifact, data: bytes) -> bytes:
    """Return ``data`` when it is the artifact, by size and sha256.

    Raises:
        SourceFailed: It is something else.
    """
    if hashlib.sha256(data).hexdigest() != artifact.sha256:
        raise SourceFailed("its bytes do not have the promised sha256", wrong_bytes=True)
    return data
