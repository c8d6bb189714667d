"""The database as files: make it, open it, and refuse what is not ours."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from faceplate.adapters.sqlite.migrations import Migration, count_applied, migrate
from faceplate.domain.errors import StorageCorrupt

APPLICATION_ID = 0x46504C54
"""Marks a database as ours: the letters FPLT."""

_MAX_QUICK_CHECK_BYTES = 64 * 1024 * 1024
_BUSY_TIMEOUT_S = 5.0


def connect(path: Path, *, mode: str) -> sqlite3.Connection:
    """Open a connection in ``mode`` (SQLite's URI modes) that any one thread at a time may use."""
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=_BUSY_TIMEOUT_S,
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the connection that writes: durable at each commit, deleted content overwritten."""
    connection = connect(path, mode="mode=rw")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA journal_size_limit = 67108864")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write."""
    connection = connect(path, mode="mode=rw")
    connection.execute("PRAGMA query_only = ON")
    return connection


def create_if_missing(path: Path, steps: Sequence[Migration]) -> None:
    """Make an empty database unless there is one; whoever looks sees a whole one or none.

    Raises:
        StorageCorrupt: There is a log of changes without the database it belongs to.
    """
    if path.exists():
        return
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise StorageCorrupt("The database file is missing while its log is there.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".new")
    for leftover in (unfinished, unfinished.with_name(unfinished.name + "-journal")):
        leftover.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(connect(unfinished, mode="mode=rw")) as connection:
        connection.execute("PRAGMA page_size = 4096")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrate(connection, steps)
    unfinished.replace(path)
    sync_folder(path.parent)


def check(path: Path, steps: Sequence[Migration], *, thorough: bool = False) -> int:
    """Return how many migrations a database has been through, after making sure it is one.

    A small database is read from end to end, a large one only when ``thorough``.

    Raises:
        StorageCorrupt: Not a database, not ours, or damaged.
        Misconfigured: Code ``database_too_new``.
        sqlite3.Error: It cannot be read.
    """
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise StorageCorrupt("The database file is empty.")
    mode = "mode=ro&immutable=1" if thorough else "mode=rw"
    with closing(connect(path, mode=mode)) as connection:
        application_id = connection.execute("PRAGMA application_id").fetchone()[0]
        if application_id != APPLICATION_ID:
            raise StorageCorrupt("The file is not a database of this service.")
        applied = count_applied(connection, steps)
        if thorough:
            findings = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            orphans = connection.execute("PRAGMA foreign_key_check").fetchone()
        elif size_bytes <= _MAX_QUICK_CHECK_BYTES:
            findings, orphans = connection.execute("PRAGMA quick_check(1)").fetchone()[0], None
        else:
            findings, orphans = "ok", None
        if findings != "ok" or orphans is not None or applied == 0:
            raise StorageCorrupt("The database is damaged.")
    return applied


def sync_folder(folder: Path) -> None:
    """Make a folder's list of names durable, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
