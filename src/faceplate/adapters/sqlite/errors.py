"""What SQLite's errors mean to us."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from faceplate.domain.errors import (
    Busy,
    FaceplateError,
    InvalidParameter,
    NotFound,
    StorageCorrupt,
    StorageFailed,
    StorageFull,
)

# Source: https://www.sqlite.org/rescode.html (SQLITE_IOERR_SHMSIZE: the shared-memory file of the
# write-ahead log could not grow, which happens when the disk is full).
_SHARED_MEMORY_CANNOT_GROW = sqlite3.SQLITE_IOERR | (19 << 8)
_PRIMARY_CODE_MASK = 0xFF

_COME_BACK_S = 5.0
"""Whoever did not get the database has waited as long for it already."""


def _full() -> StorageFull:
    return StorageFull("There is no space left for the database.")


def _corrupt() -> StorageCorrupt:
    return StorageCorrupt("The database is damaged or is not a database.")


def _busy() -> Busy:
    return Busy(
        "Another program holds the database.", code="storage_busy", retry_after_s=_COME_BACK_S
    )


def _no_collection() -> NotFound:
    # Every foreign key that a statement of ours can break leads to a collection.
    return NotFound("There is no such collection.", code="collection_not_found")


_ERRORS: dict[int, Callable[[], FaceplateError]] = {
    sqlite3.SQLITE_FULL: _full,
    _SHARED_MEMORY_CANNOT_GROW: _full,
    sqlite3.SQLITE_CORRUPT: _corrupt,
    sqlite3.SQLITE_NOTADB: _corrupt,
    sqlite3.SQLITE_BUSY: _busy,
    sqlite3.SQLITE_LOCKED: _busy,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY: _no_collection,
}


def storage_error(exc: sqlite3.Error | OSError) -> FaceplateError:
    """Return our error for one of SQLite's or the system's."""
    if isinstance(exc, OSError):
        if exc.errno in {errno.ENOSPC, errno.EDQUOT}:
            return _full()
        return StorageFailed("The database files cannot be read or written.")
    code: int = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    make = _ERRORS.get(code) or _ERRORS.get(code & _PRIMARY_CODE_MASK)
    return make() if make else StorageFailed("The database could not read or write.")


@contextmanager
def translated() -> Iterator[None]:
    """Turn errors of SQLite and the file system inside the block into ours."""
    try:
        yield
    except (sqlite3.Error, OSError) as exc:
        raise storage_error(exc) from exc
    except UnicodeEncodeError as exc:
        raise InvalidParameter("Not valid Unicode text.", parameter="text") from exc
