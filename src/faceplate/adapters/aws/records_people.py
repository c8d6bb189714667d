"""People in DynamoDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from faceplate.adapters.aws.face_sets import FaceSets
from faceplate.adapters.aws.records_faces import FaceItems
from faceplate.adapters.aws.records_items import (
    COLLECTIONS,
    PERSON,
    from_mapping,
    from_moment,
    keys_of,
    may_exist,
    page_of,
    partition,
    require_collections,
    start_of,
    to_mapping,
)
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.values import Item
from faceplate.domain.paging import Page
from faceplate.domain.people import Consent, Person


class PersonItems:
    """Keep people and their consent."""

    def __init__(self, table: DynamoTable, faces: FaceItems) -> None:
        self._table = table
        self._faces = faces
        self._sets = FaceSets(table)

    def put_person(self, person: Person) -> None:
        """Keep or overwrite a person.

        Raises:
            NotFound: Code ``collection_not_found``.
        """

        def work() -> None:
            require_collections(self._table, [person.collection_id])
            self._table.put(_write(person))

        self._table.atomically(work)

    def get_people(self, collection_id: str, person_ids: Sequence[str]) -> Mapping[str, Person]:
        """Return those of the people that exist."""
        found = self._table.get_many(keys_of(PERSON, collection_id, person_ids))
        return {key[1]: _read(item) for key, item in found.items()}

    def list_people(
        self, collection_id: str, *, limit: int, token: str | None = None
    ) -> Page[Person]:
        """List people by person_id."""
        after = start_of(token)
        if not may_exist(collection_id):
            return Page([], None)
        items = self._table.query(partition(PERSON, collection_id), after=after, limit=limit + 1)
        return page_of(items, _read, limit=limit)

    def delete_person(self, collection_id: str, person_id: str) -> bool:
        """Delete a person; their faces stay and belong to nobody."""

        def work() -> bool:
            theirs = self._sets.chosen(collection_id, person_id=person_id) or set()
            self._faces.assign_faces(collection_id, sorted(theirs), None)
            found = self._table.get_many(keys_of(PERSON, collection_id, [person_id]))
            for key in found:
                self._table.delete(key)
            return bool(found)

        return self._table.atomically(work)

    def expired_people(self, today: date) -> Sequence[Person]:
        """Return people of all collections whose consent ended before ``today``.

        Cost: reads everybody.
        """
        return [
            person
            for collection in self._table.query(COLLECTIONS)
            for person in map(_read, self._table.query(partition(PERSON, collection[RANGE_KEY])))
            if person.is_expired(today)
        ]


def _write(person: Person) -> Item:
    consent = person.consent
    expires_on = None if consent is None else consent.expires_on
    return {
        HASH_KEY: partition(PERSON, person.collection_id),
        RANGE_KEY: person.person_id,
        "Name": person.name,
        "created_at": from_moment(person.created_at),
        "metadata": from_mapping(person.metadata),
        "Purpose": None if consent is None else consent.purpose,
        "GivenOn": None if consent is None else consent.given_on.isoformat(),
        "ExpiresOn": None if expires_on is None else expires_on.isoformat(),
    }


def _read(item: Item) -> Person:
    consent = None
    if "GivenOn" in item:
        expires_on = item.get("ExpiresOn")
        consent = Consent(
            purpose=item["Purpose"],
            given_on=date.fromisoformat(item["GivenOn"]),
            expires_on=None if expires_on is None else date.fromisoformat(expires_on),
        )
    return Person(
        collection_id=item[HASH_KEY].partition("/")[2],
        person_id=item[RANGE_KEY],
        name=item["Name"],
        created_at=datetime.fromisoformat(item["created_at"]),
        metadata=to_mapping(item.get("metadata")),
        consent=consent,
    )
