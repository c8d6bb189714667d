"""Images' records in SQLite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.paging import page_of, start_of
from faceplate.adapters.sqlite.text import from_json, from_moment, to_json
from faceplate.domain.images import StoredImage
from faceplate.domain.paging import Page

_COLUMNS = (
    "collection_id, key, sha256, size_bytes, content_type, width_px, height_px, image_id, "
    "blob_name, model, created_at, options, metadata, warnings"
)


class ImageTable:
    """Keep what is remembered of stored pictures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_image(self, image: StoredImage) -> None:
        """Keep or overwrite an image's record by (collection_id, key).

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        values = (
            image.collection_id,
            image.key,
            image.sha256,
            image.size_bytes,
            image.content_type,
            image.width_px,
            image.height_px,
            image.image_id,
            image.blob_name,
            image.model,
            from_moment(image.created_at),
            image.options,
            to_json(dict(image.metadata)),
            to_json(image.warnings),
        )
        marks = ", ".join("?" * len(values))
        with self._database.write() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO images ({_COLUMNS}) VALUES ({marks})",  # noqa: S608
                values,
            )

    def get_image(self, collection_id: str, key: str) -> StoredImage | None:
        """Return one image's record."""
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM images WHERE collection_id = ? AND key = ?",  # noqa: S608
                (collection_id, key),
            ).fetchone()
        return None if row is None else _read(row)

    def list_images(
        self, collection_id: str, *, limit: int, token: str | None = None
    ) -> Page[StoredImage]:
        """List images by key."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM images WHERE collection_id = ? AND key > ? "  # noqa: S608
                "ORDER BY key LIMIT ?",
                (collection_id, start_of(token), limit + 1),
            ).fetchall()
        return page_of(rows, _read, limit=limit, key_column=1)

    def delete_image(self, collection_id: str, key: str) -> bool:
        """Delete an image's record alone."""
        with self._database.write() as connection:
            self._database.forget()
            deleted = connection.execute(
                "DELETE FROM images WHERE collection_id = ? AND key = ?", (collection_id, key)
            )
            return deleted.rowcount > 0

    def blob_names(self) -> Iterator[str]:
        """Yield the blob name of every image of every collection."""
        with self._database.read() as connection:
            for (name,) in connection.execute(
                "SELECT blob_name FROM images WHERE blob_name IS NOT NULL"
            ):
                yield name

    def images_with_sha256(self, collection_id: str, sha256: str) -> Sequence[str]:
        """Return the keys of images with these bytes."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT key FROM images WHERE collection_id = ? AND sha256 = ? ORDER BY key",
                (collection_id, sha256),
            ).fetchall()
        return [key for (key,) in rows]


def _read(row: tuple[Any, ...]) -> StoredImage:
    return StoredImage(
        collection_id=row[0],
        key=row[1],
        sha256=row[2],
        size_bytes=row[3],
        content_type=row[4],
        width_px=row[5],
        height_px=row[6],
        image_id=row[7],
        blob_name=row[8],
        model=row[9],
        created_at=datetime.fromisoformat(row[10]),
        options=row[11],
        metadata=from_json(row[12]),
        warnings=tuple(from_json(row[13])),
    )
