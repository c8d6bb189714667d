"""Collections in SQLite."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.paging import page_of, start_of
from faceplate.adapters.sqlite.text import from_json, from_moment, to_json
from faceplate.domain.collections import Collection, CollectionSize
from faceplate.domain.paging import Page

_COLUMNS = "collection_id, model, created_at, tags"
_LAST = chr(0x10FFFF)
"""Sorts after every character of an id."""


class CollectionTable:
    """Keep collections; all other tables hang from them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_collection(self, collection: Collection) -> None:
        """Keep or overwrite a collection (its model, tags)."""
        with self._database.write() as connection:
            connection.execute(
                f"INSERT INTO collections ({_COLUMNS}) VALUES (?, ?, ?, ?) "  # noqa: S608 - constant
                "ON CONFLICT (collection_id) DO UPDATE SET model = excluded.model, "
                "created_at = excluded.created_at, tags = excluded.tags",
                (
                    collection.collection_id,
                    collection.model,
                    from_moment(collection.created_at),
                    to_json(dict(collection.tags)),
                ),
            )

    def get_collection(self, collection_id: str) -> Collection | None:
        """Return one collection."""
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM collections WHERE collection_id = ?",  # noqa: S608
                (collection_id,),
            ).fetchone()
        return None if row is None else _read(row)

    def list_collections(
        self, *, limit: int, token: str | None = None, prefix: str = ""
    ) -> Page[Collection]:
        """List the collections whose id begins with ``prefix``, by id."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM collections WHERE collection_id > ? "  # noqa: S608
                "AND collection_id >= ? AND collection_id < ? "
                "ORDER BY collection_id LIMIT ?",
                (start_of(token), prefix, f"{prefix}{_LAST}", limit + 1),
            ).fetchall()
        return page_of(rows, _read, limit=limit, key_column=0)

    def delete_collection(self, collection_id: str) -> bool:
        """Delete a collection with its faces, vectors, images' records, people and uploads."""
        with self._database.write() as connection:
            self._database.forget()
            deleted = connection.execute(
                "DELETE FROM collections WHERE collection_id = ?", (collection_id,)
            )
            return deleted.rowcount > 0

    def size(self, collection_id: str) -> CollectionSize:
        """Count what a collection holds."""
        with self._database.read() as connection:
            faces, people, images = connection.execute(
                "SELECT (SELECT count(*) FROM faces WHERE collection_id = :id), "
                "(SELECT count(*) FROM people WHERE collection_id = :id), "
                "(SELECT count(*) FROM images WHERE collection_id = :id)",
                {"id": collection_id},
            ).fetchone()
        return CollectionSize(faces=faces, people=people, images=images)


def _read(row: tuple[Any, ...]) -> Collection:
    collection_id, model, created_at, tags = row
    return Collection(
        collection_id=collection_id,
        model=model,
        created_at=datetime.fromisoformat(created_at),
        tags=from_json(tags),
    )
