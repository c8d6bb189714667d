"""Records in SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from faceplate.adapters.sqlite.backup import back_up, blobs_in, restore
from faceplate.adapters.sqlite.query import run_query
from faceplate.adapters.sqlite.records_collections import CollectionTable
from faceplate.adapters.sqlite.records_faces import FaceTable
from faceplate.adapters.sqlite.records_images import ImageTable
from faceplate.adapters.sqlite.records_log import AuditTable, UploadTable
from faceplate.adapters.sqlite.records_people import PersonTable
from faceplate.adapters.sqlite.records_tokens import RequestTokenTable
from faceplate.adapters.sqlite.records_vectors import VectorTable
from faceplate.ports.records import QueryResult


class SqliteRecords(
    CollectionTable,
    FaceTable,
    VectorTable,
    ImageTable,
    PersonTable,
    UploadTable,
    RequestTokenTable,
    AuditTable,
):
    """Keep records and vectors in one database file.

    A unit is a transaction; readers see the state before it until it has committed. What was
    deleted is overwritten in the file, and leaves the log as soon as no reader needs it.
    """

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Make all writes of this thread inside the block one step: all or, on an error, none.

        A nested unit that fails takes back its own writes; the outer one may go on.
        """
        with self._database.unit():
            yield

    def query(self, collection_id: str, statement: str, *, limit: int) -> QueryResult:
        """Run one read-only statement over the view ``faces`` of one collection.

        Raises:
            InvalidQuery: Not one SELECT over the view, too large, or it ran for more than 2 s.
        """
        self._database.require_open()
        return run_query(self._database.path, collection_id, statement, limit=limit)

    def backup_to(self, path: Path) -> None:
        """Write a consistent copy of everything to a new file while others read and write.

        Raises:
            Conflict: Code ``file_exists``.
        """
        back_up(self._database, path)

    def blobs_in(self, path: Path) -> Mapping[str, str]:
        """Return what a backup says of kept bytes: their sha256, by blob name.

        Raises:
            StorageCorrupt: Not such a file.
            Misconfigured: Code ``database_too_new``.
        """
        return blobs_in(path, self._database.migrations)

    def restore_from(self, path: Path) -> None:
        """Replace everything by the contents of a backup, in one step.

        Raises:
            StorageCorrupt: Not such a file; nothing was changed.
            Misconfigured: Code ``database_too_new``; nothing was changed.
        """
        restore(self._database, path)

    def ping(self) -> None:
        """Write a row, so that a full or read-only disk shows, too."""
        with self._database.write(power_safe=False) as connection:
            connection.execute(
                "INSERT INTO heartbeat VALUES (1, 1) "
                "ON CONFLICT (pk) DO UPDATE SET beats = (beats + 1) % 1000000"
            )

    def close(self) -> None:
        """Release files and connections, of `SqliteKeys` on the same database, too."""
        self._database.close()
