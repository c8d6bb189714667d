"""One database file, one writer at a time, any number of readers."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from faceplate.adapters.sqlite.errors import translated
from faceplate.adapters.sqlite.files import (
    check,
    connect_reader,
    connect_writer,
    create_if_missing,
)
from faceplate.adapters.sqlite.migrations import MIGRATIONS, Migration, migrate
from faceplate.domain.errors import StorageFailed

_MAX_IDLE_READERS = 8


class Database:
    """Lend connections of one SQLite file in WAL mode.

    There is one writing connection behind a lock. Reading connections are lent for the length of
    one read and go back to a pool, so a thread that ends leaves nothing open.

    Raises, from the constructor:
        StorageCorrupt: The file is not a database of ours or is damaged; it was left untouched.
        Misconfigured: Code ``database_too_new``.
        StorageFull, StorageFailed: The files cannot be made or opened.
        Busy: Another program holds the database (code ``storage_busy``).
    """

    def __init__(self, path: Path, *, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self.path = path
        self.migrations = migrations
        self._lock = threading.RLock()
        self._pool_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._writer_thread: int | None = None
        self._depth = 0
        self._forgetting = False
        self._closed = False
        with translated():
            create_if_missing(path, migrations)
            check(path, migrations)
            self._writer = connect_writer(path)
            try:
                migrate(self._writer, migrations)
            except BaseException:
                self._writer.close()
                raise

    @contextmanager
    def unit(self, *, power_safe: bool = True) -> Iterator[sqlite3.Connection]:
        """Lend the writing connection inside a transaction; commit at the end, or roll back.

        A nested unit is a savepoint of the outermost, so that a caller who catches its error keeps
        what was written before it. ``power_safe`` False spares the wait for the disk: the commit
        then survives the end of the process and may be lost with the machine's power.
        """
        with self._lock:
            self.require_open()
            nested = self._depth > 0
            if nested and not self._writer.in_transaction:
                raise StorageFailed("The unit has failed already.")
            with translated():
                if not nested:
                    level = "FULL" if power_safe else "NORMAL"
                    self._writer.execute(f"PRAGMA synchronous = {level}")
                self._writer.execute("SAVEPOINT nested" if nested else "BEGIN IMMEDIATE")
            self._depth += 1
            self._writer_thread = threading.get_ident()
            try:
                yield self._writer
                with translated():
                    self._writer.execute("RELEASE nested" if nested else "COMMIT")
            except BaseException:
                self._roll_back(nested=nested)
                raise
            finally:
                self._depth -= 1
                if not nested:
                    self._writer_thread = None
            if not nested and self._forgetting:
                self._overwrite_log()

    @contextmanager
    def write(self, *, power_safe: bool = True) -> Iterator[sqlite3.Connection]:
        """Lend the writing connection as `unit` does, and translate the block's errors."""
        with self.unit(power_safe=power_safe) as connection, translated():
            yield connection

    def _roll_back(self, *, nested: bool) -> None:
        # A full disk makes SQLite roll back by itself; then there is nothing left to undo, and
        # the outer unit fails at its own commit.
        with contextlib.suppress(sqlite3.Error):
            if nested:
                self._writer.execute("ROLLBACK TO nested")
                self._writer.execute("RELEASE nested")
            else:
                self._writer.execute("ROLLBACK")

    def forget(self) -> None:
        """Ask that what this unit deletes is gone from the log, too, once it has committed."""
        self._forgetting = True

    def _overwrite_log(self) -> None:
        # With a reader in the middle of an old snapshot the log cannot be emptied; the next unit
        # tries again. It must not wait: the unit is committed already.
        with contextlib.suppress(sqlite3.Error):
            self._writer.execute("PRAGMA busy_timeout = 0")
            busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._forgetting = bool(busy)
            self._writer.execute("PRAGMA busy_timeout = 5000")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to read with; inside a unit of this thread, the one that writes."""
        if self._writer_thread == threading.get_ident():
            with translated():
                yield self._writer
            return
        with translated():
            connection = self._take_reader()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def _take_reader(self) -> sqlite3.Connection:
        with self._pool_lock:
            self.require_open()
            if self._idle:
                return self._idle.pop()
        return connect_reader(self.path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._pool_lock:
            if not self._closed and len(self._idle) < _MAX_IDLE_READERS:
                self._idle.append(connection)
                return
        connection.close()

    def require_open(self) -> None:
        """Raise `StorageFailed`, code ``storage_closed``, after `close`."""
        if self._closed:
            raise StorageFailed("The store is closed.", code="storage_closed")

    @contextmanager
    def exclusive(self) -> Iterator[sqlite3.Connection]:
        """Lend the writing connection outside any transaction while nobody else writes."""
        with self._lock:
            self.require_open()
            if self._depth:
                raise StorageFailed("This cannot be done inside a unit.")
            with translated():
                yield self._writer

    def close(self) -> None:
        """Close every connection once the running unit is over; calling it twice is fine."""
        with self._lock, self._pool_lock:
            if self._closed:
                return
            self._closed = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()
            self._writer.close()
