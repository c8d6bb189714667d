"""Copy everything to one file while the service runs, and put it back."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from faceplate.domain.errors import Conflict, InvalidInput, NotFound, StorageCorrupt
from faceplate.ports.blobs import Blobs
from faceplate.ports.recognizer import Recognizer
from faceplate.ports.records import Records
from faceplate.services.blob_keeper import PREFIX, BlobKeeper

_RECORDS = "records.db"
_MAX_ROUNDS = 5


class Backups:
    """A backup is a tar file: the records first, then the bytes they name.

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
        """
        if path.exists():
            raise Conflict("The backup file exists already.", code="file_exists")
        for _ in range(_MAX_ROUNDS):
            partial = path.with_name(path.name + ".partial")
            try:
                count = self._write(partial)
                partial.rename(path)
            except NotFound:
                continue
            else:
                return {"images": count, "bytes": path.stat().st_size}
            finally:
                partial.unlink(missing_ok=True)
        raise Conflict(
            "Pictures kept being deleted during the backup; try again.", code="backup_disturbed"
        )

    def restore(self, path: Path) -> Mapping[str, int]:
        """Replace everything by a backup; return counts.

        The bytes come in first, then the records change in one step, then bytes that nothing names
        any more are swept.

        Raises:
            StorageCorrupt: Not a backup of ours, or damaged; nothing was changed.
        """
        try:
            with tarfile.open(path, "r:") as archive, tempfile.TemporaryDirectory() as folder:
                records = archive.extractfile(_RECORDS)
                if records is None:
                    raise StorageCorrupt("The backup holds no records.", code="backup_invalid")
                copy = Path(folder) / _RECORDS
                with copy.open("wb") as out:
                    while piece := records.read(1 << 20):
                        out.write(piece)
                count = self._bring_in(archive)
                self._records.restore_from(copy)
        except FileNotFoundError as exc:
            raise InvalidInput("There is no such backup file.", code="backup_not_found") from exc
        except (tarfile.TarError, KeyError, EOFError) as exc:
            raise StorageCorrupt("This is not a backup file.", code="backup_invalid") from exc
        self._recognizer.refresh()
        swept = self._keeper.sweep()
        return {"images": count, "swept": swept}

    def _write(self, path: Path) -> int:
        count = 0
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            copy = Path(folder) / _RECORDS
            self._records.backup_to(copy)
            names = sorted(self._records.blob_names())
            with tarfile.open(path, "w:") as archive:
                archive.add(copy, arcname=_RECORDS)
                for name in names:
                    data = self._blobs.get(name)
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    archive.addfile(member, BytesIO(data))
                    count += 1
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
