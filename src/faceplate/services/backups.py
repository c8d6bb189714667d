"""Copy everything to one file while the service runs, and put it back."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from faceplate.domain.blobs import require_blob_name
from faceplate.domain.errors import (
    Conflict,
    FaceplateError,
    InvalidInput,
    InvalidParameter,
    NotFound,
    StorageCorrupt,
    StorageFailed,
    StorageFull,
)
from faceplate.domain.images import MAX_PICTURE_BYTES
from faceplate.ports.blobs import Blobs
from faceplate.ports.recognizer import Recognizer
from faceplate.ports.records import Records
from faceplate.services.blob_keeper import PREFIX, BlobKeeper

_RECORDS = "records.db"
_END = "end"
_MAX_ROUNDS = 5


class Backups:
    """A backup is a tar file: the records first, then the bytes they name, then an end mark.

    It is readable by its owner alone. Without its mark it was cut off, and is refused.

    Records are copied before bytes, and bytes never change under a name, so the only thing that can
    go wrong while others write is that a picture is deleted in between; then the records are copied
    again.
    """

    def __init__(
        self, *, records: Records, blobs: Blobs, keeper: BlobKeeper, recognizer: Recognizer
    ) -> None:
        self._records = records
        self._blobs = blobs
        self._keeper = keeper
        self._recognizer = recognizer

    def backup(self, path: Path) -> Mapping[str, int]:
        """Write a consistent backup to a new file; return counts.

        Raises:
            Conflict: The file exists already (code ``file_exists``), or pictures kept being deleted
                while it was written (code ``backup_disturbed``).
            InvalidParameter: There is no folder for the file.
            StorageFull, StorageFailed: It cannot be written; no file is left behind.
        """
        with _translated():
            if path.exists():
                raise Conflict("The backup file exists already.", code="file_exists")
            if not path.parent.is_dir():
                raise InvalidParameter("There is no such folder for the backup.", parameter="path")
        for _ in range(_MAX_ROUNDS):
            partial = path.with_name(path.name + ".partial")
            try:
                with _translated():
                    count = self._write(partial)
                    size_bytes = partial.stat().st_size
                    partial.rename(path)
            except NotFound:
                continue
            else:
                return {"images": count, "bytes": size_bytes}
            finally:
                with contextlib.suppress(OSError):
                    partial.unlink(missing_ok=True)
        raise Conflict(
            "Pictures kept being deleted during the backup; try again.", code="backup_disturbed"
        )

    def restore(self, path: Path) -> Mapping[str, int]:
        """Replace everything by a backup; return counts.

        The bytes that its records name come in first, each after a look at its sha256; one that
        is missing or damaged may be here already, else the backup is refused. Then writers wait
        while what was deleted meanwhile comes in once more, the records change in one step, and
        bytes that nothing names any more are swept.

        Raises:
            InvalidInput: There is no such file (code ``backup_not_found``).
            StorageCorrupt: Not a backup of ours, cut off or damaged; nothing was changed.
            StorageFull, StorageFailed: It cannot be read, or there is no room for it.
        """
        with _translated():
            if not path.is_file():
                raise InvalidInput("There is no such backup file.", code="backup_not_found")
        try:
            with (
                _translated(),
                tarfile.open(path, "r:") as archive,
                tempfile.TemporaryDirectory() as folder,
            ):
                if _END not in archive.getnames():
                    raise _invalid("The backup is cut off.")
                member = archive.getmember(_RECORDS)
                records = archive.extractfile(member)
                if records is None or member.issparse():
                    raise _invalid("The backup holds no records.")
                copy = Path(folder) / _RECORDS
                with copy.open("wb") as out:
                    while piece := records.read(1 << 20):
                        out.write(piece)
                return self._put_back(archive, copy)
        except (tarfile.TarError, KeyError, EOFError) as exc:
            raise _invalid("This is not a backup file.") from exc

    def _put_back(self, archive: tarfile.TarFile, records: Path) -> Mapping[str, int]:
        named = self._records.blobs_in(records)
        _require_names(named)
        try:
            self._bring_in(archive, named)
            with self._keeper.nobody_changing():
                gone = {name: named[name] for name in named if not self._blobs.exists(name)}
                if gone:
                    self._bring_in(archive, gone)
                self._records.restore_from(records)
                self._recognizer.refresh()
                return {"images": len(named), "swept": self._keeper.sweep()}
        except BaseException:
            with contextlib.suppress(FaceplateError):
                self._keeper.sweep()
            raise

    def _write(self, path: Path) -> int:
        count = 0
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            copy = Path(folder) / _RECORDS
            self._records.backup_to(copy)
            names = sorted(self._records.blob_names())
            path.unlink(missing_ok=True)
            with (
                open(path, "xb", opener=_owner_only) as file,
                tarfile.open(fileobj=file, mode="w:") as archive,
            ):
                archive.add(copy, arcname=_RECORDS)
                for name in names:
                    data = self._blobs.get(name)
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    archive.addfile(member, BytesIO(data))
                    count += 1
                archive.addfile(tarfile.TarInfo(_END))
                archive.close()
                file.flush()
                os.fsync(file.fileno())
        return count

    def _bring_in(self, archive: tarfile.TarFile, named: Mapping[str, str]) -> None:
        """Keep the pictures that records name, by their sha256; what nothing names stays out.

        Raises:
            StorageCorrupt: One is neither in the archive nor here already as it should be.
        """
        missing = set(named)
        for member in archive:
            if member.name not in named:
                continue
            data = _read_picture(archive, member)
            if _sha256(data) != named[member.name]:
                raise _invalid("A picture in the backup is damaged.")
            if self._kept(member.name) != data:
                self._blobs.put(member.name, data)
            missing.discard(member.name)
        for name in missing:
            kept = self._kept(name)
            if kept is None or _sha256(kept) != named[name]:
                raise _invalid("A picture is missing from the backup.")

    def _kept(self, name: str) -> bytes | None:
        try:
            return self._blobs.get(name)
        except NotFound:
            return None


def _require_names(named: Mapping[str, str]) -> None:
    try:
        for name in named:
            require_blob_name(name)
    except InvalidParameter as exc:
        raise _invalid("The backup's records name something else than pictures.") from exc
    if not all(name.startswith(PREFIX) for name in named):
        raise _invalid("The backup's records name something else than pictures.")


def _read_picture(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Read a member that is no longer than it may be; a sparse one is longer than its file."""
    if not member.isreg() or member.issparse() or member.size > MAX_PICTURE_BYTES:
        raise _invalid("A picture in the backup is too large, or no file.")
    handle = archive.extractfile(member)
    return b"" if handle is None else handle.read()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _invalid(why: str) -> StorageCorrupt:
    return StorageCorrupt(why, code="backup_invalid")


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn errors of the file system inside the block into ours."""
    try:
        yield
    except OSError as exc:
        if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull("There is no space left for the backup.") from exc
        raise StorageFailed("The backup could not be read or written.") from exc
