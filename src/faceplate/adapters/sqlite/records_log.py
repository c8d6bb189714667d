"""Uploads and the audit log in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.paging import invalid_token, page_of, start_of
from faceplate.adapters.sqlite.text import from_json, from_moment, id_list, to_json
from faceplate.domain.paging import Page
from faceplate.domain.people import AuditEntry
from faceplate.domain.uploads import Upload, UploadStatus

_UPLOAD_COLUMNS = (
    "upload_id, collection_id, key, status, created_at, expires_at, metadata, face_count, "
    "error_code"
)
_MAX_ROW_NUMBER = 2**63 - 1


class UploadTable:
    """Keep promised pictures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_upload(self, upload: Upload) -> None:
        """Keep or overwrite an upload.

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        values = (
            upload.upload_id,
            upload.collection_id,
            upload.key,
            upload.status.value,
            from_moment(upload.created_at),
            from_moment(upload.expires_at),
            to_json(dict(upload.metadata)),
            upload.face_count,
            upload.error_code,
        )
        with self._database.write() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO uploads ({_UPLOAD_COLUMNS}) "  # noqa: S608
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )

    def get_upload(self, upload_id: str) -> Upload | None:
        """Return one upload."""
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_UPLOAD_COLUMNS} FROM uploads WHERE upload_id = ?",  # noqa: S608
                (upload_id,),
            ).fetchone()
        return None if row is None else _read_upload(row)

    def uploads_of(self, collection_id: str, key: str) -> Sequence[Upload]:
        """Return the uploads of one picture."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_UPLOAD_COLUMNS} FROM uploads "  # noqa: S608
                "WHERE collection_id = ? AND key = ?",
                (collection_id, key),
            ).fetchall()
        return [_read_upload(row) for row in rows]

    def delete_uploads(self, upload_ids: Sequence[str]) -> None:
        """Forget uploads."""
        with self._database.write() as connection:
            self._database.forget()
            connection.execute(
                "DELETE FROM uploads WHERE upload_id IN (SELECT value FROM json_each(?))",
                (id_list(upload_ids),),
            )

    def delete_uploads_before(self, moment: datetime) -> int:
        """Forget uploads that were created before a moment; return how many."""
        with self._database.write() as connection:
            deleted = connection.execute(
                "DELETE FROM uploads WHERE created_at < ?", (from_moment(moment),)
            )
            return deleted.rowcount


class AuditTable:
    """Keep the audit log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_audit(self, entry: AuditEntry) -> None:
        """Append one line to the audit log."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO audit (at, action, actor, subject, counts) VALUES (?, ?, ?, ?, ?)",
                (
                    from_moment(entry.at),
                    entry.action,
                    entry.actor,
                    entry.subject,
                    to_json(dict(entry.counts)),
                ),
            )

    def list_audit(self, *, limit: int, token: str | None = None) -> Page[AuditEntry]:
        """List the audit log, oldest first."""
        after = start_of(token) or "0"
        if not (after.isascii() and after.isdigit() and int(after) <= _MAX_ROW_NUMBER):
            raise invalid_token()
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT pk, at, action, actor, subject, counts FROM audit WHERE pk > ? "
                "ORDER BY pk LIMIT ?",
                (int(after), limit + 1),
            ).fetchall()
        return page_of(rows, _read_audit, limit=limit, key_column=0)


def _read_upload(row: tuple[Any, ...]) -> Upload:
    return Upload(
        upload_id=row[0],
        collection_id=row[1],
        key=row[2],
        status=UploadStatus(row[3]),
        created_at=datetime.fromisoformat(row[4]),
        expires_at=datetime.fromisoformat(row[5]),
        metadata=from_json(row[6]),
        face_count=row[7],
        error_code=row[8],
    )


def _read_audit(row: tuple[Any, ...]) -> AuditEntry:
    _, at, action, actor, subject, counts = row
    return AuditEntry(
        at=datetime.fromisoformat(at),
        action=action,
        actor=actor,
        subject=subject,
        counts=from_json(counts),
    )
