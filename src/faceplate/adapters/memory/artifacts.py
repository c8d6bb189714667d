"""Artifacts that were handed over instead of fetched."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from faceplate.domain.artifacts import Artifact
from faceplate.domain.errors import StorageFailed, UpstreamFailed
from faceplate.ports.artifacts import Progress

_SOURCE = "memory"


class MemoryArtifacts:
    """Offer files by artifact name; ``installed`` are those that `find` sees without a fetch."""

    def __init__(
        self, files: Mapping[str, bytes], installed: Mapping[str, Path] | None = None
    ) -> None:
        self._files = dict(files)
        self._installed = dict(installed or {})

    def find(self, artifact: Artifact) -> Path | None:
        """Return the installed file when it has the promised bytes."""
        path = self._installed.get(artifact.name)
        if path is None or not _is_promised(artifact, path.read_bytes()):
            return None
        return path

    def holds(self, artifact: Artifact, path: Path) -> bool:
        """Tell whether a file is there with the promised bytes."""
        return path.is_file() and _is_promised(artifact, path.read_bytes())

    def fetch(self, artifact: Artifact, target: Path, progress: Progress | None = None) -> str:
        """Write the handed-over bytes to ``target``; see the port for what it raises."""
        data = self._files.get(artifact.name)
        if data is None or not _is_promised(artifact, data):
            reason = "it is not there" if data is None else "its bytes are not the promised ones"
            raise UpstreamFailed(
                f"No source has {artifact.file}. Tried: {_SOURCE}: {reason}.",
                code="download_failed",
                details={
                    "artifact": artifact.name,
                    "tried": [{"source": _SOURCE, "reason": reason}],
                    "wrong_bytes": data is not None,
                },
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        except OSError as exc:
            raise StorageFailed("The folder for downloaded files cannot be written.") from exc
        if progress is not None:
            progress(artifact.name, _SOURCE, len(data), artifact.size_bytes)
        return _SOURCE


def _is_promised(artifact: Artifact, data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == artifact.sha256
