"""Reading one file out of a package archive, and nothing else."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from faceplate.adapters.packages.attempts import SourceFailed

_BROKEN = (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile, RuntimeError)
"""What a damaged archive makes the standard library raise; RuntimeError is an encrypted member."""


def read_member(archive: Path, member: str, size_bytes: int) -> bytes:
    """Return the bytes of one member, found by its exact name and never more than its size.

    A wheel's members are named from its root; those of a tar archive from below its one top folder.

    Raises:
        SourceFailed: It is not there, has another size, or the archive is damaged.
    """
    try:
        if archive.suffix in (".whl", ".zip"):
            return _from_zip(archive, member, size_bytes)
        return _from_tar(archive, member, size_bytes)
    except _BROKEN as exc:
        raise SourceFailed("the package it sent is damaged") from exc


def _from_zip(archive: Path, member: str, size_bytes: int) -> bytes:
    with zipfile.ZipFile(archive) as opened:
        if member not in opened.namelist():
            raise SourceFailed("the package does not hold the file")
        with opened.open(member) as file:
            return _read_exactly(file, size_bytes)


def _from_tar(archive: Path, member: str, size_bytes: int) -> bytes:
    with tarfile.open(archive, "r:*") as opened:
        for entry in opened:
            if entry.isfile() and _below_top(entry.name) == member:
                file = opened.extractfile(entry)
                if file is not None:
                    with file:
                        return _read_exactly(file, size_bytes)
    raise SourceFailed("the package does not hold the file")


def _below_top(name: str) -> str:
    return "/".join(PurePosixPath(name).parts[1:])


def _read_exactly(file: IO[bytes], size_bytes: int) -> bytes:
    data = file.read(size_bytes + 1)
    if len(data) != size_bytes:
        raise SourceFailed("the file in the package has another size", wrong_bytes=True)
    return data
