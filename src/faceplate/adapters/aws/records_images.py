"""Records of pictures in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from faceplate.adapters.aws.records_items import (
    COLLECTIONS,
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
from faceplate.domain.images import StoredImage
from faceplate.domain.paging import Page

KIND = "image"
BYTES = "image-bytes"


class ImageItems:
    """Keep what is known of pictures, and which have the same bytes."""

    def __init__(self, table: DynamoTable, *, bucket: str = "") -> None:
        self._table = table
        self._bucket = bucket

    def put_image(self, image: StoredImage) -> None:
        """Keep or overwrite an image's record by (collection_id, key).

        Raises:
            NotFound: Code ``collection_not_found``.
        """

        def work() -> None:
            require_collections(self._table, [image.collection_id])
            old = self._item(image.collection_id, image.key)
            if old is None or old["sha256"] != image.sha256:
                if old is not None:
                    self._forget_bytes(image.collection_id, image.key, old["sha256"])
                self._note_bytes(image)
            self._table.put(_write(image, self._bucket))

        self._table.atomically(work)

    def get_image(self, collection_id: str, key: str) -> StoredImage | None:
        """Return one image's record."""
        item = self._item(collection_id, key)
        return None if item is None else _read(item)

    def list_images(
        self, collection_id: str, *, limit: int, token: str | None = None
    ) -> Page[StoredImage]:
        """List images by key."""
        after = start_of(token)
        if not may_exist(collection_id):
            return Page([], None)
        items = self._table.query(partition(KIND, collection_id), after=after, limit=limit + 1)
        return page_of(items, _read, limit=limit)

    def delete_image(self, collection_id: str, key: str) -> bool:
        """Delete an image's record alone; its faces and bytes are deleted by the caller."""

        def work() -> bool:
            old = self._item(collection_id, key)
            if old is None:
                return False
            self._forget_bytes(collection_id, key, old["sha256"])
            self._table.delete((partition(KIND, collection_id), key))
            return True

        return self._table.atomically(work)

    def blob_names(self) -> Iterator[str]:
        """Yield the blob name of every image of every collection."""
        for collection in self._table.query(COLLECTIONS):
            for item in self._table.query(partition(KIND, collection[RANGE_KEY])):
                if "blob_name" in item:
                    yield item["blob_name"]

    def images_with_sha256(self, collection_id: str, sha256: str) -> Sequence[str]:
        """Return the keys of images with these bytes."""
        return sorted(self._keys_of_bytes(collection_id, sha256))

    # parts

    def _item(self, collection_id: str, key: str) -> Item | None:
        found = self._table.get_many(keys_of(KIND, collection_id, [key]))
        return next(iter(found.values()), None)

    def _keys_of_bytes(self, collection_id: str, sha256: str) -> set[str]:
        found = self._table.get_many(keys_of(BYTES, collection_id, [sha256]))
        return {key for item in found.values() for key in item["Keys"]}

    def _note_bytes(self, image: StoredImage) -> None:
        keys = self._keys_of_bytes(image.collection_id, image.sha256)
        self._put_keys(image.collection_id, image.sha256, keys | {image.key})

    def _forget_bytes(self, collection_id: str, key: str, sha256: str) -> None:
        keys = self._keys_of_bytes(collection_id, sha256)
        self._put_keys(collection_id, sha256, keys - {key})

    def _put_keys(self, collection_id: str, sha256: str, keys: set[str]) -> None:
        place = partition(BYTES, collection_id)
        if keys:
            self._table.put({HASH_KEY: place, RANGE_KEY: sha256, "Keys": keys})
        else:
            self._table.delete((place, sha256))


def _write(image: StoredImage, bucket: str) -> Item:
    return {
        HASH_KEY: partition(KIND, image.collection_id),
        RANGE_KEY: image.key,
        "sha256": image.sha256,
        "size_bytes": image.size_bytes,
        "content_type": image.content_type,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "ImageId": image.image_id,
        "bucket": bucket or None,
        "blob_name": image.blob_name,
        "Model": image.model,
        "created_at": from_moment(image.created_at),
        "options": image.options,
        "metadata": from_mapping(image.metadata),
        "warnings": list(image.warnings),
    }


def _read(item: Item) -> StoredImage:
    return StoredImage(
        collection_id=item[HASH_KEY].partition("/")[2],
        key=item[RANGE_KEY],
        sha256=item["sha256"],
        size_bytes=item["size_bytes"],
        content_type=item["content_type"],
        width_px=item["width_px"],
        height_px=item["height_px"],
        image_id=item["ImageId"],
        blob_name=item.get("blob_name"),
        model=item["Model"],
        created_at=datetime.fromisoformat(item["created_at"]),
        options=item["options"],
        metadata=to_mapping(item.get("metadata")),
        warnings=tuple(item["warnings"]),
    )
