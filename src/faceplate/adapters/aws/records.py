"""Records in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from faceplate.adapters.aws.query import run_query
from faceplate.adapters.aws.records_collections import CollectionItems
from faceplate.adapters.aws.records_faces import FaceItems
from faceplate.adapters.aws.records_images import ImageItems
from faceplate.adapters.aws.records_log import AuditItems
from faceplate.adapters.aws.records_passing import TokenItems, UploadItems
from faceplate.adapters.aws.records_people import PersonItems
from faceplate.adapters.aws.table import DynamoTable
from faceplate.domain.errors import Unsupported
from faceplate.ports.records import QueryResult


class DynamoRecords(
    FaceItems, ImageItems, PersonItems, UploadItems, TokenItems, AuditItems, CollectionItems
):
    """Keep records in one table; `table_schema` says how, docs/decisions/0015 why.

    A unit is a transaction. Lists of all faces of a collection and queries may be a moment behind
    what was written; everything else is exact. There are no backups here: the table has
    point-in-time recovery of its own.
    """

    def __init__(self, table: DynamoTable, *, bucket: str = "") -> None:
        FaceItems.__init__(self, table, bucket=bucket)
        PersonItems.__init__(self, table, self)
        UploadItems.__init__(self, table)
        TokenItems.__init__(self, table)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Make all writes of this thread inside the block one step: all or, on an error, none.

        Raises:
            Busy: Another process changed what the block read; nothing was written.
        """
        with self._table.unit():
            yield

    def query(self, collection_id: str, statement: str, *, limit: int) -> QueryResult:
        """Run one PartiQL SELECT over the faces of one collection.

        Raises:
            InvalidQuery: Not one SELECT over the offered columns, or it ran for more than 2 s.
        """
        return run_query(self._table, collection_id, statement, limit=limit)

    def backup_to(self, path: Path) -> None:  # noqa: ARG002 - the port's signature
        """Refuse.

        Raises:
            Unsupported: Always.
        """
        raise _no_backups()

    def blobs_in(self, path: Path) -> Mapping[str, str]:  # noqa: ARG002 - the port's
        """Refuse.

        Raises:
            Unsupported: Always.
        """
        raise _no_backups()

    def restore_from(self, path: Path) -> None:  # noqa: ARG002
        """Refuse.

        Raises:
            Unsupported: Always.
        """
        raise _no_backups()

    def ping(self) -> None:
        """Raise when the table cannot be read."""
        self._table.ping()

    def close(self) -> None:
        """Refuse further use; calling it twice is fine."""
        self._table.close()


def _no_backups() -> Unsupported:
    return Unsupported(
        "On AWS there are no backups of ours: the table has point-in-time recovery.",
        code="backup_unsupported",
    )
