"""Copies of the whole database, out and in."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.errors import storage_error, translated
from faceplate.adapters.sqlite.files import check, connect, sync_folder
from faceplate.adapters.sqlite.migrations import Migration, migrate
from faceplate.domain.errors import Conflict, StorageCorrupt, StorageFull


def back_up(database: Database, path: Path) -> None:
    """Copy one moment of a database into a new file; it appears under its name when whole.

    Raises:
        Conflict: Code ``file_exists``.
        StorageFull, StorageFailed: The copy cannot be written; no file is left behind.
    """
    if path.exists():
        raise Conflict("The backup file exists already.", code="file_exists")
    with translated():
        scratch = tempfile.TemporaryDirectory(prefix=".faceplate-backup-", dir=path.parent)
    with scratch as folder:
        unfinished = Path(folder) / "backup.db"
        with database.read() as source, closing(connect(unfinished, mode="mode=rwc")) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        with translated():
            unfinished.chmod(0o600)
            unfinished.rename(path)
            sync_folder(path.parent)


def blobs_in(path: Path, migrations: Sequence[Migration]) -> dict[str, str]:
    """Return the sha256 of every picture whose bytes a backup names, by their name.

    Raises:
        StorageCorrupt: Not a backup, or a damaged one.
        Misconfigured: Code ``database_too_new``.
    """
    try:
        check(path, migrations)
        with closing(connect(path, mode="mode=ro&immutable=1")) as source:
            rows = source.execute(
                "SELECT blob_name, sha256 FROM images WHERE blob_name IS NOT NULL"
            )
            return {str(name): str(sha256) for name, sha256 in rows}
    except (sqlite3.Error, OSError) as exc:
        raise StorageCorrupt("The backup cannot be read.") from exc


def restore(database: Database, path: Path) -> None:
    """Replace all contents of a database by those of a backup, in one transaction.

    Raises:
        StorageCorrupt: Not a backup, or a damaged one; nothing was changed.
        Misconfigured: Code ``database_too_new``; nothing was changed.
    """
    try:
        if path.samefile(database.path):
            raise StorageCorrupt("The file is the database in use, not a backup of it.")
        applied = check(path, database.migrations, thorough=True)
        if applied == len(database.migrations):
            _copy_into(database, path)
        else:
            with tempfile.TemporaryDirectory(dir=database.path.parent) as folder:
                _copy_into(database, _bring_up_to_date(database, path, Path(folder)))
    except (sqlite3.Error, OSError) as exc:
        failure = storage_error(exc)
        if isinstance(failure, StorageFull):
            raise failure from exc
        raise StorageCorrupt("The backup cannot be read.") from exc


def _bring_up_to_date(database: Database, path: Path, folder: Path) -> Path:
    copied = folder / "restored.db"
    with (
        closing(connect(path, mode="mode=ro&immutable=1")) as source,
        closing(connect(copied, mode="mode=rwc")) as copy,
    ):
        source.backup(copy)
        migrate(copy, database.migrations)
    return copied


def _copy_into(database: Database, path: Path) -> None:
    with (
        closing(connect(path, mode="mode=ro&immutable=1")) as source,
        database.exclusive() as writer,
    ):
        source.backup(writer)
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
