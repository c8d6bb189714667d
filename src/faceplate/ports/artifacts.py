"""Getting files that are not ours: model weights and sample pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeAlias

from faceplate.domain.artifacts import Artifact

Progress: TypeAlias = Callable[[str, str, int, int], None]
"""Called with the artifact's name, the source in words, bytes done and bytes in total."""


class Artifacts(Protocol):
    """Find an artifact on this machine, or fetch it."""

    def find(self, artifact: Artifact) -> Path | None:
        """Return where an installed package or a local file holds it, without the network.

        The bytes there have the promised sha256; a file with other bytes is passed over.
        """
        ...

    def holds(self, artifact: Artifact, path: Path) -> bool:
        """Tell whether a file is there with the promised bytes, all of which are read."""
        ...

    def fetch(self, artifact: Artifact, target: Path, progress: Progress | None = None) -> str:
        """Bring the artifact to ``target`` in one step and return the source that had it, in words.

        Raises:
            UpstreamFailed: Code ``download_failed``; the message and ``details['tried']`` (dicts
                of ``source`` and ``reason``) say what every source answered, and
                ``details['wrong_bytes']`` whether one of them gave other bytes than promised.
            StorageFailed: ``target`` cannot be written.
        Cost: network, one package at most of 100 MB a source; minutes on a slow line.
        """
        ...
