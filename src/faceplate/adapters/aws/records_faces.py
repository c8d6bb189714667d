"""Faces in DynamoDB: what IndexFaces returned, where the picture lies, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from faceplate.adapters.aws.face_sets import FaceSets
from faceplate.adapters.aws.records_items import (
    COLLECTIONS,
    PERSON,
    from_mapping,
    from_moment,
    keys_of,
    may_exist,
    page_of,
    require_collections,
    start_of,
    to_mapping,
)
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import BY_COLLECTION, HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.table_views import Key
from faceplate.adapters.aws.values import Item
from faceplate.domain.errors import NotFound
from faceplate.domain.faces import FaceRecord, detail_from_json, detail_to_json, model_version
from faceplate.domain.paging import Page

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class FaceItems:
    """Keep faces. ``bucket`` is where their pictures lie, for those who read the table."""

    def __init__(self, table: DynamoTable, *, bucket: str = "") -> None:
        self._table = table
        self._bucket = bucket
        self._sets = FaceSets(table)

    def put_faces(self, faces: Sequence[FaceRecord]) -> None:
        """Keep or overwrite faces by (collection_id, face_id).

        Raises:
            NotFound: Code ``collection_not_found``.
        """
        if not faces:
            return

        def work() -> None:
            require_collections(self._table, [face.collection_id for face in faces])
            old = self._table.get_many([_key(face.collection_id, face.face_id) for face in faces])
            new = dict(old)
            for face in faces:
                key = _key(face.collection_id, face.face_id)
                new[key] = _write(face, new.get(key), self._bucket)
            self._change(old, new)

        self._table.atomically(work)

    def get_faces(self, collection_id: str, face_ids: Sequence[str]) -> Mapping[str, FaceRecord]:
        """Return those of the faces that exist, without vectors."""
        found = self._items(collection_id, face_ids)
        return {item[HASH_KEY]: read_face(item) for item in found.values()}

    def list_faces(
        self,
        collection_id: str,
        *,
        limit: int,
        token: str | None = None,
        image_key: str | None = None,
        image_id: str | None = None,
        person_id: str | None = None,
        face_ids: Sequence[str] | None = None,
    ) -> Page[FaceRecord]:
        """List faces by face_id, without vectors; filters are combined with and.

        By picture, person or ids the answer is exact; a list of everything may be a moment behind.
        """
        after = start_of(token)
        chosen = self._sets.chosen(
            collection_id, image_key=image_key, person_id=person_id, face_ids=face_ids
        )
        if chosen is None:
            whole = limit + 1 if image_id is None else None
            faces = self._faces_after(collection_id, after, whole)
        else:
            shown = sorted(face_id for face_id in chosen if face_id > after)
            faces = self._in_batches(collection_id, shown, limit + 1)
        if image_id is not None:
            faces = (face for face in faces if face["ImageId"] == image_id)
        return page_of(faces, read_face, limit=limit, key=HASH_KEY)

    def _faces_after(self, collection_id: str, after: str, limit: int | None) -> Iterator[Item]:
        if not may_exist(collection_id):
            return iter(())
        return self._table.query_index(BY_COLLECTION, collection_id, after=after, limit=limit)

    def _in_batches(self, collection_id: str, face_ids: Sequence[str], size: int) -> Iterator[Item]:
        for start in range(0, len(face_ids), size):
            yield from self._items(collection_id, face_ids[start : start + size]).values()

    def faces_of_image(self, collection_id: str, image_key: str) -> Sequence[FaceRecord]:
        """Return all faces of one stored picture, largest box first, without vectors."""
        ids = self._sets.chosen(collection_id, image_key=image_key) or set()
        found = self.get_faces(collection_id, sorted(ids)).values()
        return sorted(found, key=lambda face: (-face.detail.box.area, face.face_id))

    def delete_faces(self, collection_id: str, face_ids: Sequence[str]) -> Sequence[str]:
        """Delete faces with their vectors; return the ids that existed."""

        def work() -> Sequence[str]:
            old = self._items(collection_id, face_ids)
            self._change(old, {})
            return [key[0] for key in old]

        return self._table.atomically(work)

    def assign_faces(
        self, collection_id: str, face_ids: Sequence[str], person_id: str | None
    ) -> Sequence[str]:
        """Set the person of faces (None: of nobody); return the ids that exist.

        The person's item is written anew, so that an erasure which looked before this is refused.

        Raises:
            NotFound: Code ``person_not_found``.
        """

        def work() -> Sequence[str]:
            if person_id is not None:
                self._touch_person(collection_id, person_id)
            old = self._items(collection_id, face_ids)
            self._change(old, {key: {**item, "UserId": person_id} for key, item in old.items()})
            return [key[0] for key in old]

        return self._table.atomically(work)

    def vectors(
        self, collection_id: str, *, batch: int = 8192
    ) -> Iterator[tuple[Sequence[str], npt.NDArray[np.float32]]]:
        """Yield all (face_ids, float32 matrix) of the collection's model, in batches."""
        import numpy as np  # noqa: PLC0415 -- where Rekognition keeps the vectors nobody asks

        collection = self._table.get((COLLECTIONS, collection_id))
        if collection is None:
            return
        rows = [
            (item[HASH_KEY], _vector(item))
            for item in self._table.query_index(BY_COLLECTION, collection_id)
            if item.get("EmbeddingModel") == collection["Model"]
        ]
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            yield [face_id for face_id, _ in part], np.stack([vector for _, vector in part])

    def vectors_of(
        self, collection_id: str, face_ids: Sequence[str]
    ) -> Mapping[str, npt.NDArray[np.float32]]:
        """Return the kept vectors of some faces, of whatever model."""
        found = self._items(collection_id, face_ids)
        return {key[0]: _vector(item) for key, item in found.items() if "Embedding" in item}

    # parts

    def _touch_person(self, collection_id: str, person_id: str) -> None:
        found = self._table.get_many(keys_of(PERSON, collection_id, [person_id]))
        if not found:
            raise NotFound("There is no such person.", code="person_not_found")
        for item in found.values():
            self._table.put(item)

    def _items(self, collection_id: str, face_ids: Sequence[str]) -> dict[Key, Item]:
        return self._table.get_many(
            [
                _key(collection_id, face_id)
                for face_id in face_ids
                # Other things are kept under names that begin with #.
                if may_exist(collection_id, face_id) and not face_id.startswith("#")
            ]
        )

    def _change(self, old: Mapping[Key, Item], new: Mapping[Key, Item]) -> None:
        """Write what differs between two states of some faces, and the sets they are in."""
        for key in old.keys() - new.keys():
            self._table.delete(key)
        for item in new.values():
            self._table.put(item)
        self._sets.change(old, new)


def _key(collection_id: str, face_id: str) -> Key:
    return face_id, collection_id


def _write(face: FaceRecord, old: Item | None, bucket: str) -> Item:
    item: Item = {
        HASH_KEY: face.face_id,
        RANGE_KEY: face.collection_id,
        "CollectionId": face.collection_id,
        "ImageId": face.image_id,
        "ExternalImageId": face.external_image_id,
        "UserId": face.person_id,
        **detail_to_json(face.detail),
        "IndexFacesModelVersion": model_version(face.model),
        "Model": face.model,
        "bucket": bucket or None,
        "image_key": face.image_key,
        "metadata": from_mapping(face.metadata),
        "created_at": from_moment(face.created_at),
    }
    if face.embedding is not None:
        item["Embedding"] = face.embedding.astype("<f4").tobytes()
        item["EmbeddingModel"] = face.model
    elif old is not None and "Embedding" in old:
        item["Embedding"] = old["Embedding"]
        item["EmbeddingModel"] = old["EmbeddingModel"]
    return item


def read_face(item: Item) -> FaceRecord:
    """Read a face's item."""
    return FaceRecord(
        collection_id=item["CollectionId"],
        face_id=item[HASH_KEY],
        image_id=item["ImageId"],
        external_image_id=item.get("ExternalImageId"),
        image_key=item.get("image_key"),
        detail=detail_from_json(_as_detail(item)),
        model=item["Model"],
        created_at=datetime.fromisoformat(item["created_at"]),
        person_id=item.get("UserId"),
        metadata=to_mapping(item.get("metadata")),
    )


def _as_detail(item: Item) -> dict[str, Any]:
    """Return the parts of a FaceDetail, with numbers that lost their point made floats again."""
    parts = ("BoundingBox", "Confidence", "Landmarks", "Pose", "Quality", "Gender")
    detail: dict[str, Any] = {name: _floats(item[name]) for name in parts if name in item}
    if "AgeRange" in item:
        detail["AgeRange"] = item["AgeRange"]
    return detail


def _floats(value: Any) -> Any:
    match value:
        case int():
            return float(value)
        case dict():
            return {name: _floats(each) for name, each in value.items()}
        case list():
            return [_floats(each) for each in value]
    return value


def _vector(item: Item) -> npt.NDArray[np.float32]:
    import numpy as np  # noqa: PLC0415

    return np.frombuffer(bytes(item["Embedding"]), "<f4").astype(np.float32)
