"""Finding a file of an installed package without importing the package."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from faceplate.adapters.packages.attempts import SourceFailed, require_promised
from faceplate.domain.artifacts import Artifact, LocalFile, PackageMember


def find_on_this_machine(artifact: Artifact) -> Path | None:
    """Return the first file of an installed package, or of a local source, with the right bytes."""
    for source in artifact.sources:
        path: Path | None = None
        if isinstance(source, LocalFile):
            path = source.path
        elif isinstance(source, PackageMember) and source.ecosystem == "pypi":
            path = installed_file(source)
        if path is not None and holds(artifact, path):
            return path
    return None


def installed_file(source: PackageMember) -> Path | None:
    """Look the member up in the list of files the package's own record keeps."""
    try:
        files = metadata.files(source.package)
    except metadata.PackageNotFoundError:
        return None
    for file in files or ():
        if file.as_posix() == source.member:
            return Path(str(file.locate()))
    return None


def holds(artifact: Artifact, path: Path) -> bool:
    """Tell whether a file is there with the promised bytes."""
    try:
        if path.stat().st_size != artifact.size_bytes:
            return False
        require_promised(artifact, path)
    except (OSError, SourceFailed):
        return False
    return True
