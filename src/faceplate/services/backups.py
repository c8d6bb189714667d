"""Copy everything to one file while the service runs, and put it back."""

from __future__ import annotations

import contextlib
import errno
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

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

        The bytes come in first. Then writers wait while what was deleted meanwhile comes in once
        more, the records change in one step, and bytes that nothing names any more are swept.

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
                    raise StorageCorrupt("The backup is cut off.", code="backup_invalid")
                records = archive.extractfile(_RECORDS)
                if records is None:
                    raise StorageCorrupt("The backup holds no records.", code="backup_invalid")
                copy = Path(folder) / _RECORDS
                with copy.open("wb") as out:
                    while piece := records.read(1 << 20):
                        out.write(piece)
                return self._put_back(archive, copy)
        except (tarfile.TarError, KeyError, EOFError) as exc:
            raise StorageCorrupt("This is not a backup file.", code="backup_invalid") from exc

    def _put_back(self, archive: tarfile.TarFile, records: Path) -> Mapping[str, int]:
        try:
            self._bring_in(archive)
            with self._keeper.nobody_changing():
                count = self._bring_in(archive)
                self._records.restore_from(records)
                self._recognizer.refresh()
                return {"images": count, "swept": self._keeper.sweep()}
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

    def _bring_in(self, archive: tarfile.TarFile) -> int:
        count = 0
        for member in archive:
            if not member.name.startswith(PREFIX) or not member.isfile():
                continue
            handle = archive.extractfile(member)
            if handle is not None and not self._blobs.exists(member.name):
                self._blobs.put(member.name, handle.read())
            count += 1
        return count


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
