"""Collections in DynamoDB."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime

from faceplate.adapters.aws.face_sets import OF_IMAGE, OF_PERSON
from faceplate.adapters.aws.records_images import BYTES
from faceplate.adapters.aws.records_images import KIND as IMAGE
from faceplate.adapters.aws.records_items import (
    COLLECTIONS,
    PERSON,
    from_mapping,
    from_moment,
    may_exist,
    page_of,
    partition,
    start_of,
    to_mapping,
)
from faceplate.adapters.aws.records_passing import TOKENS, UPLOADS, Passing
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import BY_COLLECTION, HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.table_views import Key
from faceplate.adapters.aws.values import Item
from faceplate.domain.collections import Collection, CollectionSize
from faceplate.domain.paging import Page

_IN_ONE_STEP = 100


class CollectionItems:
    """Keep collections."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def put_collection(self, collection: Collection) -> None:
        """Keep or overwrite a collection (its model, tags)."""
        self._table.put(
            {
                HASH_KEY: COLLECTIONS,
                RANGE_KEY: collection.collection_id,
                "Model": collection.model,
                "created_at": from_moment(collection.created_at),
                "tags": from_mapping(collection.tags),
            }
        )

    def get_collection(self, collection_id: str) -> Collection | None:
        """Return one collection."""
        item = self._table.get((COLLECTIONS, collection_id)) if may_exist(collection_id) else None
        return None if item is None else _read(item)

    def list_collections(
        self, *, limit: int, token: str | None = None, prefix: str = ""
    ) -> Page[Collection]:
        """List the collections whose id begins with ``prefix``, by id."""
        after = start_of(token)
        items = self._table.query(COLLECTIONS, after=after, prefix=prefix, limit=limit + 1)
        return page_of(items, _read, limit=limit)

    def delete_collection(self, collection_id: str) -> bool:
        """Delete a collection with its faces, vectors, images' records, people and uploads.

        Inside a unit this is part of its step. Otherwise the contents go first, a hundred at a
        time, and the collection last, so that a call that was cut short can be made again.
        """
        if self.get_collection(collection_id) is None:
            return False
        contents = self._contents(collection_id)
        while some := list(itertools.islice(contents, _IN_ONE_STEP)):
            with self._table.unit():
                for key in some:
                    self._table.delete(key)

        def end() -> None:
            for kind in (UPLOADS, TOKENS):
                Passing(self._table, kind).forget_collection(collection_id)
            self._table.delete((COLLECTIONS, collection_id))

        self._table.atomically(end)
        return True

    def size(self, collection_id: str) -> CollectionSize:
        """Count what a collection holds. Cost: a read of everything in it."""
        if not may_exist(collection_id):
            return CollectionSize(0, 0, 0)
        faces = self._table.count(collection_id, BY_COLLECTION)
        return CollectionSize(faces=faces, **self.counts_beside_faces(collection_id))

    def counts_beside_faces(self, collection_id: str) -> dict[str, int]:
        """Count people and images: of faces there are many more, and Rekognition knows how many."""
        return {
            "people": self._table.count(partition(PERSON, collection_id)),
            "images": self._table.count(partition(IMAGE, collection_id)),
        }

    def _contents(self, collection_id: str) -> Iterator[Key]:
        for kind in (IMAGE, BYTES, OF_IMAGE, PERSON, OF_PERSON):
            for item in self._table.query(partition(kind, collection_id)):
                yield item[HASH_KEY], item[RANGE_KEY]
        for item in self._table.query_index(BY_COLLECTION, collection_id):
            yield item[HASH_KEY], item[RANGE_KEY]


def _read(item: Item) -> Collection:
    return Collection(
        collection_id=item[RANGE_KEY],
        model=item["Model"],
        created_at=datetime.fromisoformat(item["created_at"]),
        tags=to_mapping(item.get("tags")),
    )
