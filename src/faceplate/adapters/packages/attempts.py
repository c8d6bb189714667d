"""What one try to get an artifact can end in."""

from __future__ import annotations

import hashlib
from pathlib import Path

from faceplate.domain.artifacts import Artifact


class SourceFailed(Exception):
    """A source could not give the file; ``reason`` is in our own words."""

    def __init__(self, reason: str, *, wrong_bytes: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wrong_bytes = wrong_bytes


def require_promised(artifact: Artifact, path: Path) -> None:
    """Check that a file is the artifact, by size and sha256, without holding it in memory.

    Raises:
        SourceFailed: It is something else.
        OSError: It cannot be read.
    Cost: about a second for 1 GB.
    """
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != artifact.sha256:
            raise SourceFailed("its bytes do not have the promised sha256", wrong_bytes=True)
