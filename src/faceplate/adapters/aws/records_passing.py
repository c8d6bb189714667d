"""Uploads and request tokens in DynamoDB: what is kept for a while, by name and by age."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from faceplate.adapters.aws.records_items import (
    from_mapping,
    from_moment,
    may_exist,
    require_collections,
    to_mapping,
)
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.table_views import Key
from faceplate.adapters.aws.values import Item
from faceplate.domain.request_tokens import RequestToken
from faceplate.domain.uploads import Upload, UploadStatus

UPLOADS = "#upload"
TOKENS = "#request-token"
OWNER = "CollectionOfThis"
"""The attribute that names a thing's collection; ``CollectionId`` would put it among the faces."""


class Passing:
    """Things of one kind: each in an item of its own, under its age, and under its picture."""

    def __init__(self, table: DynamoTable, kind: str) -> None:
        self._table = table
        self._kind = kind
        self._ages = f"{kind}-age"

    def put(self, name: str, collection_id: str, created_at: datetime, item: Item) -> None:
        """Keep or overwrite a thing.

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        new = {HASH_KEY: self._kind, RANGE_KEY: name, OWNER: collection_id, **item}
        new["created_at"] = from_moment(created_at)

        def work() -> None:
            require_collections(self._table, [collection_id])
            self._forget(self._table.get((self._kind, name)))
            self._table.put(new)
            for place in self._places(new):
                self._table.put({HASH_KEY: place[0], RANGE_KEY: place[1]})

        self._table.atomically(work)

    def get(self, name: str) -> Item | None:
        """Return a thing's item."""
        return self._table.get((self._kind, name)) if may_exist(name) else None

    def delete_before(self, moment: datetime) -> int:
        """Forget what was created before a moment; return how many."""

        def work() -> int:
            old = list(self._table.query(self._ages, before=from_moment(moment)))
            names = [age[RANGE_KEY].partition("/")[2] for age in old]
            for age in old:
                self._table.delete((self._ages, age[RANGE_KEY]))
            self.delete(names)
            return len(old)

        return self._table.atomically(work)

    def delete(self, names: Sequence[str]) -> None:
        """Forget things by their names."""
        keys = [(self._kind, name) for name in names if may_exist(name)]

        def work() -> None:
            for item in self._table.get_many(keys).values():
                self._forget(item)

        self._table.atomically(work)

    def of_picture(self, collection_id: str, key: str) -> Sequence[Item]:
        """Return the things of one picture."""
        place, prefix = self._of_pictures(collection_id), _digest(key)
        names = [
            one[RANGE_KEY].partition("/")[2] for one in self._table.query(place, prefix=prefix)
        ]
        return list(self._table.get_many([(self._kind, name) for name in names]).values())

    def forget_collection(self, collection_id: str) -> None:
        """Delete what belongs to a collection, inside the caller's unit."""
        for item in list(self._of(collection_id)):
            self._forget(item)

    def _of(self, collection_id: str) -> Iterator[Item]:
        return (item for item in self._table.query(self._kind) if item[OWNER] == collection_id)

    def _forget(self, item: Item | None) -> None:
        if item is not None:
            for place in ((self._kind, item[RANGE_KEY]), *self._places(item)):
                self._table.delete(place)

    def _places(self, item: Item) -> Iterator[Key]:
        """Name the items by which a thing is found without its name."""
        yield self._ages, _age(item)
        if "key" in item:
            place = self._of_pictures(item[OWNER])
            yield place, f"{_digest(item['key'])}/{item[RANGE_KEY]}"

    def _of_pictures(self, collection_id: str) -> str:
        return f"{self._kind}-of/{collection_id}"


class UploadItems:
    """Keep promised pictures."""

    def __init__(self, table: DynamoTable) -> None:
        self._uploads = Passing(table, UPLOADS)

    def put_upload(self, upload: Upload) -> None:
        """Keep or overwrite an upload.

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        item = {
            "key": upload.key,
            "status": upload.status.value,
            "expires_at": from_moment(upload.expires_at),
            "metadata": from_mapping(upload.metadata),
            "face_count": upload.face_count,
            "error_code": upload.error_code,
        }
        self._uploads.put(upload.upload_id, upload.collection_id, upload.created_at, item)

    def get_upload(self, upload_id: str) -> Upload | None:
        """Return one upload."""
        item = self._uploads.get(upload_id)
        return None if item is None else _read_upload(item)

    def uploads_of(self, collection_id: str, key: str) -> Sequence[Upload]:
        """Return the uploads of one picture."""
        if not may_exist(collection_id):
            return []
        return [_read_upload(item) for item in self._uploads.of_picture(collection_id, key)]

    def delete_uploads(self, upload_ids: Sequence[str]) -> None:
        """Forget uploads."""
        self._uploads.delete(upload_ids)

    def delete_uploads_before(self, moment: datetime) -> int:
        """Forget uploads that were created before a moment; return how many."""
        return self._uploads.delete_before(moment)


class TokenItems:
    """Keep the tokens by which a client that asks twice is answered once."""

    def __init__(self, table: DynamoTable) -> None:
        self._tokens = Passing(table, TOKENS)

    def put_request_token(self, token: RequestToken) -> None:
        """Keep or overwrite a token by (caller, token).

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        item = {"digest": token.digest, "answer": from_mapping(token.answer)}
        name = f"{token.caller}/{token.token}"
        self._tokens.put(name, token.collection_id, token.created_at, item)

    def get_request_token(self, caller: str, token: str) -> RequestToken | None:
        """Return what a token stands for."""
        item = self._tokens.get(f"{caller}/{token}")
        if item is None:
            return None
        return RequestToken(
            caller=caller,
            token=token,
            collection_id=item[OWNER],
            digest=item["digest"],
            answer=to_mapping(item["answer"]),
            created_at=datetime.fromisoformat(item["created_at"]),
        )

    def delete_request_tokens_before(self, moment: datetime) -> int:
        """Forget tokens that were kept before a moment; return how many."""
        return self._tokens.delete_before(moment)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _age(item: Item) -> str:
    return f"{item['created_at']}/{item[RANGE_KEY]}"


def _read_upload(item: Item) -> Upload:
    return Upload(
        upload_id=item[RANGE_KEY],
        collection_id=item[OWNER],
        key=item["key"],
        status=UploadStatus(item["status"]),
        created_at=datetime.fromisoformat(item["created_at"]),
        expires_at=datetime.fromisoformat(item["expires_at"]),
        metadata=to_mapping(item.get("metadata")),
        face_count=item.get("face_count"),
        error_code=item.get("error_code"),
    )
