"""Free queries over the faces of one collection, by people we do not trust.

Fences, each enough for most attacks: a connection that cannot write, a view over one collection,
an authorizer that lets a statement read nothing but that view, a short list of functions, limits
on sizes, and a deadline.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from faceplate.adapters.sqlite.errors import storage_error, translated
from faceplate.adapters.sqlite.files import connect
from faceplate.domain.errors import InvalidQuery, StorageCorrupt, StorageFull
from faceplate.ports.records import QueryResult

DEADLINE_S = 2.0
MAX_STATEMENT_CHARS = 10_000
MAX_VALUE_BYTES = 100_000
MAX_RESULT_BYTES = 8_000_000
_OPCODES_BETWEEN_LOOKS = 5_000

_LIMITS = {
    # Besides memory, this bounds single calls such as instr(), which no deadline can stop.
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_VALUE_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: MAX_STATEMENT_CHARS * 4,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 50,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 10,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 20,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}

_AGGREGATES = {"avg", "count", "group_concat", "max", "min", "sum", "total"}
_WINDOWS = {"cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value"}
_WINDOWS |= {"ntile", "percent_rank", "rank", "row_number"}
_TEXTS = {"glob", "instr", "length", "like", "lower", "ltrim", "replace", "rtrim", "substr"}
_TEXTS |= {"substring", "trim", "upper"}
_TIMES = {"date", "datetime", "julianday", "strftime", "time", "unixepoch"}
_JSON = {"->", "->>", "json_array_length", "json_extract", "json_type", "json_valid"}
_OTHERS = {"abs", "coalesce", "ifnull", "iif", "nullif", "round", "typeof"}
_FUNCTIONS = frozenset(_AGGREGATES | _WINDOWS | _TEXTS | _TIMES | _JSON | _OTHERS)

_COLUMNS = """
    face_id AS FaceId,
    image_id AS ImageId,
    external_image_id AS ExternalImageId,
    confidence AS Confidence,
    person_id AS UserId,
    json_extract(detail, '$.BoundingBox') AS BoundingBox,
    substr(model, instr(model, '@') + 1) AS IndexFacesModelVersion,
    json_extract(detail, '$.Landmarks') AS Landmarks,
    json_extract(detail, '$.Pose') AS Pose,
    json_extract(detail, '$.Quality') AS Quality,
    json_extract(detail, '$.AgeRange') AS AgeRange,
    json_extract(detail, '$.Gender') AS Gender,
    image_key,
    metadata,
    created_at
"""

_UNKNOWN_COLUMN = re.compile(r"no such column: ([\w.\"]{1,100})\Z")


def run_query(path: Path, collection_id: str, statement: str, *, limit: int) -> QueryResult:
    """Run one SELECT over the view ``faces`` of one collection of the database at ``path``.

    Raises:
        InvalidQuery: Not one SELECT over the view, too large, or it ran for more than 2 s (code
            ``query_too_slow``).
    """
    if len(statement) > MAX_STATEMENT_CHARS:
        raise InvalidQuery(f"A query has at most {MAX_STATEMENT_CHARS:,} characters.")
    if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
        raise InvalidQuery("A query is a single SELECT over the table faces.")
    with translated():
        connection = connect(path, mode="mode=ro")
    with closing(connection):
        with translated():
            deadline = _fence_in(connection, collection_id)
        with _judged(deadline):
            cursor = connection.execute(statement)
            columns = [name for name, *_ in cursor.description or ()]
            rows, truncated = _fetch(cursor, limit)
    return QueryResult(columns=columns, rows=rows, truncated=truncated)


def _fence_in(connection: sqlite3.Connection, collection_id: str) -> float:
    """Make the view and put up the fences; return the deadline on the monotonic clock."""
    # The authorizer is told through which view a table is read, but a statement can give that
    # name to a view of its own making (WITH faces AS ...). So the table is read through a second
    # view whose name nobody can guess.
    inner = f"faces_{secrets.token_hex(16)}"
    quoted = collection_id.replace("'", "''")
    connection.execute("PRAGMA temp_store = FILE")
    connection.execute(
        f"CREATE TEMP VIEW {inner} AS SELECT {_COLUMNS} FROM main.faces "  # noqa: S608 - quoted
        f"WHERE collection_id = '{quoted}'"
    )
    connection.execute(f"CREATE TEMP VIEW faces AS SELECT * FROM {inner}")  # noqa: S608
    hidden = {
        str(name).lower() for (name,) in connection.execute("SELECT name FROM main.sqlite_master")
    } - {"faces"}
    connection.execute("PRAGMA query_only = ON")
    for category, most in _LIMITS.items():
        connection.setlimit(category, most)

    def authorize(
        action: int, first: str | None, second: str | None, schema: str | None, view: str | None
    ) -> int:
        if action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and str(second).lower() in _FUNCTIONS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ:
            from_inner = schema == "main" and first == "faces" and view == inner
            from_views = schema == "temp" and first in {"faces", inner}
            # Rows are counted without a column and without a schema, which also looks like this
            # for a table of the statement's own making.
            only_counted = not second and schema is None and _is_own(first, hidden)
            if from_inner or from_views or only_counted:
                return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    deadline = time.monotonic() + DEADLINE_S
    connection.set_authorizer(authorize)
    connection.set_progress_handler(
        lambda: int(time.monotonic() > deadline), _OPCODES_BETWEEN_LOOKS
    )
    return deadline


def _is_own(name: str | None, hidden: Collection[str]) -> bool:
    lower = str(name).lower()
    return lower not in hidden and not lower.startswith(("sqlite_", "pragma_"))


def _fetch(cursor: sqlite3.Cursor, limit: int) -> tuple[Sequence[Sequence[object]], bool]:
    """Fetch rows until ``limit`` or the size limit; tell whether there would have been more."""
    rows: list[Sequence[object]] = []
    left_bytes = MAX_RESULT_BYTES
    for row in cursor:
        left_bytes -= sum(len(value) if isinstance(value, (str, bytes)) else 8 for value in row)
        if len(rows) == limit or left_bytes < 0:
            return rows, True
        rows.append(row)
    return rows, False


@contextmanager
def _judged(deadline: float) -> Iterator[None]:
    """Turn what SQLite says about a statement into our words."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as exc:
        raise _judge(exc, deadline) from exc


def _judge(exc: Exception, deadline: float) -> Exception:
    code: int = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if isinstance(exc, sqlite3.Error):
        failure = storage_error(exc)
        if isinstance(failure, (StorageFull, StorageCorrupt)):
            return failure
    if code == sqlite3.SQLITE_INTERRUPT or time.monotonic() > deadline:
        return InvalidQuery(f"The query ran for more than {DEADLINE_S:g} s.", code="query_too_slow")
    if code == sqlite3.SQLITE_TOOBIG:
        return InvalidQuery(f"The query makes a value of more than {MAX_VALUE_BYTES:,} bytes.")
    if unknown := _UNKNOWN_COLUMN.search(str(exc)):
        return InvalidQuery(f"There is no column {unknown[1]} in faces.")
    return InvalidQuery("The query is not a single SELECT over the columns of the table faces.")
