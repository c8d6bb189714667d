"""Which faces a picture and a person have, exactly and at once.

An index of DynamoDB is a moment behind. Replacing a picture and erasing a person must miss
nothing, so the FaceIds of each lie in an item of their own, written in the same step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from faceplate.adapters.aws.records_items import keys_of, may_exist, partition
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.table_views import Key
from faceplate.adapters.aws.values import Item

OF_IMAGE = "image-faces"
OF_PERSON = "person-faces"

_KINDS = {OF_IMAGE: "image_key", OF_PERSON: "UserId"}


class FaceSets:
    """Sets of FaceIds, in step with the faces."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def chosen(
        self,
        collection_id: str,
        *,
        image_key: str | None = None,
        person_id: str | None = None,
        face_ids: Sequence[str] | None = None,
    ) -> set[str] | None:
        """Return the faces that every given filter lets through; None when none is given."""
        chosen = None if face_ids is None else set(face_ids)
        for kind, name in ((OF_IMAGE, image_key), (OF_PERSON, person_id)):
            if name is not None:
                members = self._members(kind, collection_id, name)
                chosen = members if chosen is None else chosen & members
        return chosen

    def change(self, old: Mapping[Key, Item], new: Mapping[Key, Item]) -> None:
        """Move faces from the sets of their old items to those of their new ones."""
        gone, come = _memberships(old), _memberships(new)
        touched = [key for key in {**gone, **come} if gone.get(key) != come.get(key)]
        kept = self._table.get_many(touched)
        for key in touched:
            before: set[str] = set(kept[key]["FaceIds"]) if key in kept else set()
            after = (before - gone.get(key, set())) | come.get(key, set())
            if after:
                self._table.put({HASH_KEY: key[0], RANGE_KEY: key[1], "FaceIds": after})
            elif before:
                self._table.delete(key)

    def _members(self, kind: str, collection_id: str, name: str) -> set[str]:
        for key in keys_of(kind, collection_id, [name]):
            item = self._table.get(key)
            return set() if item is None else set(item["FaceIds"])
        return set()


def _memberships(faces: Mapping[Key, Item]) -> dict[Key, set[str]]:
    found: dict[Key, set[str]] = {}
    for item in faces.values():
        for kind, attribute in _KINDS.items():
            name = item.get(attribute)
            if name is not None and may_exist(name):
                key = (partition(kind, item["CollectionId"]), name)
                found.setdefault(key, set()).add(item[HASH_KEY])
    return found
