"""People in SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.paging import page_of, start_of
from faceplate.adapters.sqlite.text import from_json, from_moment, id_list, to_json
from faceplate.domain.paging import Page
from faceplate.domain.people import Consent, Person

_COLUMNS = "collection_id, person_id, name, created_at, metadata, purpose, given_on, expires_on"


class PersonTable:
    """Keep people and their consent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_person(self, person: Person) -> None:
        """Keep or overwrite a person.

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        consent = person.consent
        expires_on = None if consent is None else consent.expires_on
        values = (
            person.collection_id,
            person.person_id,
            person.name,
            from_moment(person.created_at),
            to_json(dict(person.metadata)),
            None if consent is None else consent.purpose,
            None if consent is None else consent.given_on.isoformat(),
            None if expires_on is None else expires_on.isoformat(),
        )
        with self._database.write() as connection:
            connection.execute(
                f"INSERT OR REPLACE INTO people ({_COLUMNS}) "  # noqa: S608
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )

    def get_people(self, collection_id: str, person_ids: Sequence[str]) -> Mapping[str, Person]:
        """Return those of the people that exist."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM people WHERE collection_id = ? "  # noqa: S608
                "AND person_id IN (SELECT value FROM json_each(?))",
                (collection_id, id_list(person_ids)),
            ).fetchall()
        found = {row[1]: _read(row) for row in rows}
        return {person_id: found[person_id] for person_id in person_ids if person_id in found}

    def list_people(
        self, collection_id: str, *, limit: int, token: str | None = None
    ) -> Page[Person]:
        """List people by person_id."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM people WHERE collection_id = ? "  # noqa: S608
                "AND person_id > ? ORDER BY person_id LIMIT ?",
                (collection_id, start_of(token), limit + 1),
            ).fetchall()
        return page_of(rows, _read, limit=limit, key_column=1)

    def delete_person(self, collection_id: str, person_id: str) -> bool:
        """Delete a person; their faces stay and belong to nobody."""
        with self._database.write() as connection:
            self._database.forget()
            connection.execute(
                "UPDATE faces SET person_id = NULL WHERE collection_id = ? AND person_id = ?",
                (collection_id, person_id),
            )
            deleted = connection.execute(
                "DELETE FROM people WHERE collection_id = ? AND person_id = ?",
                (collection_id, person_id),
            )
            return deleted.rowcount > 0

    def expired_people(self, today: date) -> Sequence[Person]:
        """Return people of all collections whose consent ended before ``today``."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM people WHERE expires_on < ? "  # noqa: S608
                "ORDER BY collection_id, person_id",
                (today.isoformat(),),
            ).fetchall()
        return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> Person:
    collection_id, person_id, name, created_at, metadata, purpose, given_on, expires_on = row
    consent = None
    if given_on is not None:
        consent = Consent(
            purpose=purpose,
            given_on=date.fromisoformat(given_on),
            expires_on=None if expires_on is None else date.fromisoformat(expires_on),
        )
    return Person(
        collection_id=collection_id,
        person_id=person_id,
        name=name,
        created_at=datetime.fromisoformat(created_at),
        metadata=from_json(metadata),
        consent=consent,
    )
