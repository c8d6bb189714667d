"""Check SQL by asking SQLite to explain it against the caller's tables, in memory."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

from faceplate.adapters.checks.subject import Subject, code_of

_STEPS = 200_000
_MAX_CHARS = 50_000
_READS = re.compile(
    r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(select|with|values)\b", re.IGNORECASE | re.DOTALL
)
_LITERAL = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_MAY_CREATE = frozenset(
    {
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_INSERT,  # what CREATE does to sqlite_master
        sqlite3.SQLITE_UPDATE,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_REINDEX,
        sqlite3.SQLITE_TRANSACTION,
    }
)
_MAY_NOT_EXPLAIN = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA})


def sql_explains(
    subject: Subject, *, schema: str, dialect: str = "sqlite", read_only: bool = True
) -> str | None:
    """Fail when a statement is none, several, writes, or names what the schema does not have.

    Only for ``sqlite`` is the statement held against the schema; other dialects are checked for
    being one statement that reads.
    """
    if not subject.texts:
        return "there is no statement"
    for text in subject.texts:
        statement = code_of(text).strip().rstrip(";").strip()
        found = _shape_problem(statement, read_only=read_only)
        if found is None and dialect == "sqlite":
            found = _explain_problem(statement, schema)
        if found is not None:
            return found
    return None


def _shape_problem(statement: str, *, read_only: bool) -> str | None:
    if not statement or len(statement) > _MAX_CHARS:
        return "there is no statement" if not statement else "the statement is too long"
    if ";" in _LITERAL.sub("", statement):
        return "several statements"
    if read_only and not _READS.match(statement):
        return "the statement does not read only"
    return None


def _explain_problem(statement: str, schema: str) -> str | None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
        database.set_progress_handler(lambda: 1, _STEPS)
        database.set_authorizer(_allow_creating)
        try:
            database.executescript(schema)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as exc:
            return f"the given schema cannot be built: {str(exc)[:100]}"
        database.set_authorizer(_allow_explaining)
        try:
            database.execute(f"EXPLAIN {statement}")
        except (sqlite3.Error, sqlite3.Warning, ValueError) as exc:
            return str(exc)[:150]
    return None


def _allow_creating(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _MAY_CREATE else sqlite3.SQLITE_DENY


def _allow_explaining(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_DENY if action in _MAY_NOT_EXPLAIN else sqlite3.SQLITE_OK
