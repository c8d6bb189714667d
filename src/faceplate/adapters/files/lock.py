"""One process at a time on a data folder."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from faceplate.domain.errors import DataFolderInUse, StorageFailed

LOCK_FILE_NAME = "faceplate.lock"
_MAX_NOTE_BYTES = 4096

if sys.platform == "win32":
    import msvcrt

    # Locked bytes cannot be read by others, so the lock lies far behind the note.
    _LOCKED_BYTE = 1 << 30

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class DataFolderLock:
    """Hold a data folder from construction until `close` or the end of the process.

    The lock belongs to the operating system, so a crash releases it; the file stays and means
    nothing by itself. It carries a note for others, such as the holder's process id and address.

    Raises, from the constructor:
        DataFolderInUse: Another process, or another lock of this one, holds the folder;
            ``details`` is its note.
        StorageFailed: The folder cannot be made or locked.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK_FILE_NAME
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor: int | None = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as exc:
            raise StorageFailed("The data folder cannot be made or written to.") from exc
        try:
            locked = _try_lock(self._descriptor)
        except OSError as exc:
            self._let_go()
            raise StorageFailed("The data folder cannot be locked.") from exc
        if not locked:
            self._let_go()
            raise DataFolderInUse(
                "Another process uses the data folder. Stop it, send the request to it, or choose "
                "another folder.",
                details=read_note(folder),
            )
        self.describe({})

    def describe(self, note: Mapping[str, object]) -> None:
        """Replace the note others can read; ``pid`` is always in it."""
        if self._descriptor is None:
            raise StorageFailed("The data folder is not locked any more.", code="storage_closed")
        text = json.dumps({"pid": os.getpid(), **note}).encode()
        try:
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.write(self._descriptor, text)
        except OSError as exc:
            raise StorageFailed("The lock file cannot be written.") from exc

    def close(self) -> None:
        """Let the folder go; calling it twice is fine."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            self._let_go()

    def _let_go(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def read_note(folder: Path) -> dict[str, Any]:
    """Return the note of the process that holds, or last held, a folder; empty when none.

    A note says where to look, not that anybody is there: after a crash it stays behind.
    """
    try:
        with (folder / LOCK_FILE_NAME).open("rb") as file:
            note = json.loads(file.read(_MAX_NOTE_BYTES))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}
