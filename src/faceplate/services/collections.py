"""Collections: make, list, describe, tag and delete them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from faceplate.domain.collections import MAX_TAGS, Collection, CollectionSize
from faceplate.domain.errors import InvalidParameter, NotFound
from faceplate.domain.paging import Page
from faceplate.ports.recognizer import Recognizer
from faceplate.ports.records import Records
from faceplate.services.blob_keeper import BlobKeeper


class Collections:
    """The collections of this installation."""

    def __init__(self, *, recognizer: Recognizer, records: Records, keeper: BlobKeeper) -> None:
        self._recognizer = recognizer
        self._records = records
        self._keeper = keeper
        self._page = 1000

    def create(self, collection_id: str, *, tags: Mapping[str, str] | None = None) -> Collection:
        """Create an empty collection.

        Raises:
            Conflict: Code ``collection_exists``.
            InvalidParameter: Code ``too_many_tags``.
        """
        require_tags(tags or {})
        return self._recognizer.create_collection(collection_id, tags)

    def list(self, *, limit: int, token: str | None = None, prefix: str = "") -> Page[Collection]:
        """List the collections whose id begins with ``prefix``, by id."""
        return self._records.list_collections(limit=limit, token=token, prefix=prefix)

    def get(self, collection_id: str) -> Collection:
        """Return one collection.

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        collection = self._records.get_collection(collection_id)
        if collection is None:
            raise NotFound(
                f"The collection id: {collection_id} does not exist.", code="collection_not_found"
            )
        return collection

    def describe(self, collection_id: str) -> tuple[Collection, CollectionSize]:
        """Return one collection and how much it holds."""
        return self.get(collection_id), self._records.size(collection_id)

    def delete(self, collection_id: str) -> None:
        """Delete a collection: faces, vectors, people, pictures; and free its memory.

        Bytes of a picture that arrived while it was deleted are removed by the next sweep.
        """
        pictures = [*self._pictures(collection_id)]
        self._recognizer.delete_collection(collection_id)
        for key, blob_name in pictures:
            with self._keeper.changing(collection_id, key):
                # Somebody may have made the collection and stored the same picture again.
                now = self._records.get_image(collection_id, key)
                if now is None or now.blob_name != blob_name:
                    self._keeper.drop(blob_name)

    def tag(self, collection_id: str, tags: Mapping[str, str]) -> Collection:
        """Add tags, or change the values of those that are there.

        Raises:
            InvalidParameter: Code ``too_many_tags``; nothing was changed.
        """
        with self._records.unit():
            collection = self.get(collection_id)
            return self._put_tags(collection, {**collection.tags, **tags})

    def untag(self, collection_id: str, names: Sequence[str]) -> Collection:
        """Take tags away; those that are not there are ignored."""
        with self._records.unit():
            collection = self.get(collection_id)
            kept = {name: value for name, value in collection.tags.items() if name not in names}
            return self._put_tags(collection, kept)

    def _put_tags(self, collection: Collection, tags: Mapping[str, str]) -> Collection:
        require_tags(tags)
        changed = replace(collection, tags=tags)
        self._records.put_collection(changed)
        return changed

    def _pictures(self, collection_id: str) -> Iterator[tuple[str, str | None]]:
        token: str | None = None
        while True:
            page = self._records.list_images(collection_id, limit=self._page, token=token)
            yield from ((image.key, image.blob_name) for image in page.items)
            token = page.next_token
            if token is None:
                return


def require_tags(tags: Mapping[str, str]) -> None:
    """Refuse more tags than a collection may have.

    Raises:
        InvalidParameter: Code ``too_many_tags``.
    """
    if len(tags) > MAX_TAGS:
        raise InvalidParameter(
            f"A collection may have at most {MAX_TAGS} tags.",
            parameter="Tags",
            code="too_many_tags",
        )
