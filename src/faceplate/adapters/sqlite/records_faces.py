"""Faces in SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.paging import page_of, start_of
from faceplate.adapters.sqlite.text import from_json, from_moment, id_list, to_json
from faceplate.domain.errors import NotFound
from faceplate.domain.faces import FaceRecord, detail_from_json, detail_to_json
from faceplate.domain.paging import Page

_COLUMNS = (
    "collection_id, face_id, image_id, external_image_id, image_key, person_id, model, "
    "detail, metadata, created_at"
)
_PUT_FACE = f"""
    INSERT INTO faces ({_COLUMNS}, confidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (collection_id, face_id) DO UPDATE SET
        image_id = excluded.image_id, external_image_id = excluded.external_image_id,
        image_key = excluded.image_key, person_id = excluded.person_id, model = excluded.model,
        detail = excluded.detail, metadata = excluded.metadata,
        created_at = excluded.created_at, confidence = excluded.confidence
"""  # noqa: S608 - constants alone
_PUT_VECTOR = """
    INSERT INTO vectors (face_pk, collection_id, face_id, model, vector)
    SELECT pk, collection_id, face_id, ?, ? FROM faces WHERE collection_id = ? AND face_id = ?
    ON CONFLICT (face_pk) DO UPDATE SET model = excluded.model, vector = excluded.vector
"""
_AMONG = "face_id IN (SELECT value FROM json_each(?))"


class FaceTable:
    """Keep faces with their vectors."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_faces(self, faces: Sequence[FaceRecord]) -> None:
        """Keep or overwrite faces by (collection_id, face_id).

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        with self._database.write() as connection:
            connection.executemany(_PUT_FACE, [_write(face) for face in faces])
            connection.executemany(
                _PUT_VECTOR,
                [
                    (
                        face.model,
                        face.embedding.astype("<f4").tobytes(),
                        face.collection_id,
                        face.face_id,
                    )
                    for face in faces
                    if face.embedding is not None
                ],
            )

    def get_faces(self, collection_id: str, face_ids: Sequence[str]) -> Mapping[str, FaceRecord]:
        """Return those of the faces that exist, without vectors."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM faces WHERE collection_id = ? AND {_AMONG}",  # noqa: S608
                (collection_id, id_list(face_ids)),
            ).fetchall()
        found = {row[1]: _read(row) for row in rows}
        return {face_id: found[face_id] for face_id in face_ids if face_id in found}

    def list_faces(
        self,
        collection_id: str,
        *,
        limit: int,
        token: str | None = None,
        image_key: str | None = None,
        person_id: str | None = None,
        face_ids: Sequence[str] | None = None,
        image_id: str | None = None,
    ) -> Page[FaceRecord]:
        """List faces by face_id, without vectors; filters are combined with and."""
        conditions = ["collection_id = ?", "face_id > ?"]
        values: list[object] = [collection_id, start_of(token)]
        for condition, value in (
            ("image_key = ?", image_key),
            ("person_id = ?", person_id),
            ("image_id = ?", image_id),
            (_AMONG, None if face_ids is None else id_list(face_ids)),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM faces WHERE {' AND '.join(conditions)} "  # noqa: S608
                "ORDER BY face_id LIMIT ?",
                (*values, limit + 1),
            ).fetchall()
        return page_of(rows, _read, limit=limit, key_column=1)

    def faces_of_image(self, collection_id: str, image_key: str) -> Sequence[FaceRecord]:
        """Return all faces of one stored picture, largest box first, without vectors."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM faces WHERE collection_id = ? AND image_key = ?",  # noqa: S608
                (collection_id, image_key),
            ).fetchall()
        return sorted(map(_read, rows), key=lambda face: (-face.detail.box.area, face.face_id))

    def delete_faces(self, collection_id: str, face_ids: Sequence[str]) -> Sequence[str]:
        """Delete faces with their vectors; return the ids that existed."""
        if not face_ids:
            return []
        with self._database.write() as connection:
            gone = _existing(connection, collection_id, face_ids)
            if gone:
                self._database.forget()
                connection.execute(
                    f"DELETE FROM faces WHERE collection_id = ? AND {_AMONG}",  # noqa: S608
                    (collection_id, id_list(gone)),
                )
        return gone

    def assign_faces(
        self, collection_id: str, face_ids: Sequence[str], person_id: str | None
    ) -> Sequence[str]:
        """Set the person of faces (None: of nobody); return the ids that exist.

        Raises:
            NotFound: Code ``person_not_found``.
        """
        with self._database.write() as connection:
            if person_id is not None:
                _require_person(connection, collection_id, person_id)
            connection.execute(
                f"UPDATE faces SET person_id = ? WHERE collection_id = ? AND {_AMONG}",  # noqa: S608
                (person_id, collection_id, id_list(face_ids)),
            )
            return _existing(connection, collection_id, face_ids)


def _require_person(connection: Any, collection_id: str, person_id: str) -> None:
    place = (collection_id, person_id)
    found = connection.execute(
        "SELECT 1 FROM people WHERE collection_id = ? AND person_id = ?", place
    ).fetchone()
    if found is None:
        raise NotFound("There is no such person.", code="person_not_found")


def _existing(connection: Any, collection_id: str, face_ids: Sequence[str]) -> list[str]:
    rows = connection.execute(
        f"SELECT face_id FROM faces WHERE collection_id = ? AND {_AMONG}",  # noqa: S608
        (collection_id, id_list(face_ids)),
    )
    found = {face_id for (face_id,) in rows}
    return [face_id for face_id in dict.fromkeys(face_ids) if face_id in found]


def _write(face: FaceRecord) -> tuple[object, ...]:
    return (
        face.collection_id,
        face.face_id,
        face.image_id,
        face.external_image_id,
        face.image_key,
        face.person_id,
        face.model,
        to_json(detail_to_json(face.detail)),
        to_json(dict(face.metadata)),
        from_moment(face.created_at),
        face.detail.confidence,
    )


def _read(row: tuple[Any, ...]) -> FaceRecord:
    return FaceRecord(
        collection_id=row[0],
        face_id=row[1],
        image_id=row[2],
        external_image_id=row[3],
        image_key=row[4],
        person_id=row[5],
        model=row[6],
        detail=detail_from_json(from_json(row[7])),
        metadata=from_json(row[8]),
        created_at=datetime.fromisoformat(row[9]),
    )
