"""The schema, as the ordered steps that made it.

A step that was released is never changed; a new one is appended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeAlias

from faceplate.domain.errors import Misconfigured

Migration: TypeAlias = Callable[[sqlite3.Connection], None]

_MIGRATIONS_TABLE = """
    CREATE TABLE IF NOT EXISTS migrations (
        position INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        applied_at TEXT NOT NULL
    )
"""

# Vectors repeat collection_id and face_id so that loading all of them reads this table alone, in
# the order of the file; face rows with their details are several times as large.
_FIRST_TABLES = (
    """
    CREATE TABLE collections (
        collection_id TEXT NOT NULL PRIMARY KEY,
        model TEXT NOT NULL,
        created_at TEXT NOT NULL,
        tags TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE faces (
        pk INTEGER PRIMARY KEY,
        collection_id TEXT NOT NULL REFERENCES collections ON DELETE CASCADE,
        face_id TEXT NOT NULL,
        image_id TEXT NOT NULL,
        external_image_id TEXT,
        image_key TEXT,
        person_id TEXT,
        model TEXT NOT NULL,
        confidence REAL NOT NULL,
        detail TEXT NOT NULL,
        metadata TEXT NOT NULL,
        created_at TEXT NOT NULL,
        UNIQUE (collection_id, face_id)
    )
    """,
    "CREATE INDEX faces_by_image ON faces (collection_id, image_key, face_id)",
    """
    CREATE INDEX faces_by_person ON faces (collection_id, person_id, face_id)
    WHERE person_id IS NOT NULL
    """,
    """
    CREATE TABLE vectors (
        face_pk INTEGER PRIMARY KEY REFERENCES faces ON DELETE CASCADE,
        collection_id TEXT NOT NULL,
        face_id TEXT NOT NULL,
        model TEXT NOT NULL,
        vector BLOB NOT NULL
    )
    """,
    "CREATE INDEX vectors_by_collection ON vectors (collection_id)",
    """
    CREATE TABLE images (
        collection_id TEXT NOT NULL REFERENCES collections ON DELETE CASCADE,
        key TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        content_type TEXT NOT NULL,
        width_px INTEGER NOT NULL,
        height_px INTEGER NOT NULL,
        image_id TEXT NOT NULL,
        blob_name TEXT,
        model TEXT NOT NULL,
        created_at TEXT NOT NULL,
        options TEXT NOT NULL,
        metadata TEXT NOT NULL,
        warnings TEXT NOT NULL,
        PRIMARY KEY (collection_id, key)
    )
    """,
    "CREATE INDEX images_by_sha256 ON images (collection_id, sha256)",
    """
    CREATE TABLE people (
        collection_id TEXT NOT NULL REFERENCES collections ON DELETE CASCADE,
        person_id TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at TEXT NOT NULL,
        metadata TEXT NOT NULL,
        purpose TEXT,
        given_on TEXT,
        expires_on TEXT,
        PRIMARY KEY (collection_id, person_id)
    )
    """,
    "CREATE INDEX people_by_expiry ON people (expires_on) WHERE expires_on IS NOT NULL",
    """
    CREATE TABLE uploads (
        upload_id TEXT NOT NULL PRIMARY KEY,
        collection_id TEXT NOT NULL REFERENCES collections ON DELETE CASCADE,
        key TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        metadata TEXT NOT NULL,
        face_count INTEGER,
        error_code TEXT
    )
    """,
    "CREATE INDEX uploads_by_collection ON uploads (collection_id)",
    "CREATE INDEX uploads_by_creation ON uploads (created_at)",
    """
    CREATE TABLE audit (
        pk INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        action TEXT NOT NULL,
        actor TEXT NOT NULL,
        subject TEXT NOT NULL,
        counts TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE api_keys (
        key_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        scope TEXT NOT NULL,
        secret_sha256 TEXT NOT NULL,
        created_at TEXT NOT NULL,
        revoked_at TEXT,
        rate_rps REAL,
        burst INTEGER,
        daily_quota INTEGER
    )
    """,
    """
    CREATE TABLE key_usage (
        key_id TEXT NOT NULL,
        day TEXT NOT NULL,
        used INTEGER NOT NULL,
        PRIMARY KEY (key_id, day)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE heartbeat (pk INTEGER PRIMARY KEY CHECK (pk = 1), beats INTEGER NOT NULL)",
)


def m001_first_tables(connection: sqlite3.Connection) -> None:
    """Make every table of the first release."""
    for statement in _FIRST_TABLES:
        connection.execute(statement)


def m002_text_usage(connection: sqlite3.Connection) -> None:
    """Keep what was used of language models, and how many tokens a key may use."""
    connection.execute(
        """
        CREATE TABLE text_usage (
            day TEXT NOT NULL,
            key_id TEXT NOT NULL,
            app TEXT NOT NULL,
            requests INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            cache_hits INTEGER NOT NULL,
            prompt_tokens INTEGER NOT NULL,
            completion_tokens INTEGER NOT NULL,
            PRIMARY KEY (day, key_id, app)
        ) WITHOUT ROWID
        """
    )
    connection.execute("ALTER TABLE api_keys ADD COLUMN daily_tokens INTEGER")


def m003_request_tokens(connection: sqlite3.Connection) -> None:
    """Keep the tokens of requests that must not be done twice; find the faces of the same bytes."""
    connection.execute(
        """
        CREATE TABLE request_tokens (
            caller TEXT NOT NULL,
            token TEXT NOT NULL,
            collection_id TEXT NOT NULL REFERENCES collections ON DELETE CASCADE,
            digest TEXT NOT NULL,
            answer TEXT NOT NULL,
            created_at TEXT NOT NULL,
            PRIMARY KEY (caller, token)
        ) WITHOUT ROWID
        """
    )
    for statement in (
        "CREATE INDEX request_tokens_by_collection ON request_tokens (collection_id)",
        "CREATE INDEX request_tokens_by_creation ON request_tokens (created_at)",
        "CREATE INDEX faces_by_image_id ON faces (collection_id, image_id, face_id)",
    ):
        connection.execute(statement)


def m004_aws_access_keys(connection: sqlite3.Connection) -> None:
    """Keep AWS access keys beside API keys."""
    connection.execute("ALTER TABLE api_keys ADD COLUMN kind TEXT NOT NULL DEFAULT 'api'")
    connection.execute("ALTER TABLE api_keys ADD COLUMN collection_prefix TEXT NOT NULL DEFAULT ''")


MIGRATIONS: tuple[Migration, ...] = (
    m001_first_tables,
    m002_text_usage,
    m003_request_tokens,
    m004_aws_access_keys,
)


def count_applied(connection: sqlite3.Connection, known: Sequence[Migration]) -> int:
    """Return how many steps a database has been through.

    Raises:
        Misconfigured: Code ``database_too_new``: it has been through steps we do not know.
    """
    exists = connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'migrations'"
    ).fetchone()[0]
    if not exists:
        return 0
    names = [
        str(name) for (name,) in connection.execute("SELECT name FROM migrations ORDER BY position")
    ]
    if names != [step.__name__ for step in known][: len(names)]:
        raise Misconfigured(
            "The database was made by a newer version of Faceplate. Upgrade Faceplate, or choose "
            "another data folder.",
            code="database_too_new",
        )
    return len(names)


def migrate(connection: sqlite3.Connection, steps: Sequence[Migration]) -> None:
    """Take a database through the steps it has not been through, each in its own transaction."""
    for position in range(count_applied(connection, steps), len(steps)):
        step = steps[position]
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(_MIGRATIONS_TABLE)
            step(connection)
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
                (position, step.__name__),
            )
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
