"""Bytes as files below one folder."""

from __future__ import annotations

import errno
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from faceplate.domain.blobs import require_blob_name
from faceplate.domain.errors import NotFound, StorageFailed, StorageFull

_INCOMING = ".incoming"


class FileBlobs:
    """Keep each name as a file below ``root``, readable by its owner alone.

    Bytes are written beside their final place, made durable and then renamed, so a reader, or a
    machine that lost its power, finds all of them or none. What an earlier process left half
    written is removed at construction; one process at a time may use a root.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / _INCOMING
        # A folder another thread has just made is not durable yet.
        self._making_folders = threading.Lock()
        with _translated():
            _make_folders(self._incoming)
            for leftover in self._incoming.glob("*.tmp"):
                leftover.unlink(missing_ok=True)

    def put(self, name: str, data: bytes) -> None:
        """Keep ``data`` durably before returning; a reader sees all of it or nothing.

        Raises:
            StorageFull: No space left; nothing was kept.
        """
        final = self._path(name)
        with _translated():
            with self._making_folders:
                _make_folders(final.parent)
            unfinished = self._incoming / f"{secrets.token_hex(16)}.tmp"
            try:
                _write_durably(unfinished, data)
                unfinished.replace(final)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
            _sync_folder(final.parent)

    def get(self, name: str) -> bytes:
        """Return the bytes.

        Raises:
            NotFound: Code ``blob_not_found``.
        """
        path = self._path(name)
        with _translated():
            try:
                return path.read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as exc:
                raise NotFound("There are no such bytes.", code="blob_not_found") from exc

    def address(
        self,
        name: str,  # noqa: ARG002 - the port's signature
        *,
        content_type: str,  # noqa: ARG002
        disposition: str,  # noqa: ARG002
        lifetime: timedelta,  # noqa: ARG002
    ) -> str | None:
        """Know of none: bytes are had here alone."""
        return None

    def delete(self, name: str) -> bool:
        """Remove the bytes durably; tell whether they were there."""
        path = self._path(name)
        with _translated():
            if not path.is_file():
                return False
            try:
                path.unlink()
            except FileNotFoundError:
                return False
            _sync_folder(path.parent)
        return True

    def exists(self, name: str) -> bool:
        """Tell whether the name is kept."""
        return self._path(name).is_file()

    def names(self, prefix: str = "", *, kept_before: datetime | None = None) -> Iterator[str]:
        """List names in no promised order, those put last before a moment when one is given."""
        with _translated():
            for folder, subfolders, files in os.walk(self._root):
                if _INCOMING in subfolders:
                    subfolders.remove(_INCOMING)
                for file in files:
                    name = (Path(folder) / file).relative_to(self._root).as_posix()
                    if name.startswith(prefix) and _is_older(Path(folder) / file, kept_before):
                        yield name

    def ping(self) -> None:
        """Write and remove a small file; raise when the next `put` could not work."""
        with _translated():
            probe = self._incoming / f"{secrets.token_hex(16)}.tmp"
            try:
                _write_durably(probe, b"ping")
            finally:
                probe.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._root / require_blob_name(name)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn errors of the file system inside the block into ours."""
    try:
        yield
    except OSError as exc:
        if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull("There is no space left for files.") from exc
        raise StorageFailed("A file could not be read or written.") from exc


def _make_folders(folder: Path) -> None:
    """Make a folder and those above it, each durable in the one above."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _write_durably(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a folder's list of names durable, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_older(path: Path, moment: datetime | None) -> bool:
    """Tell whether a file was written before a moment; one that is gone by now was not."""
    if moment is None:
        return True
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False
