"""What of the table is read in order, and under which key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.values import Item, encode, to_wire

Key: TypeAlias = tuple[str, str]
"""(FaceId, ItemKey), the primary key."""


def key_to_wire(key: Key) -> dict[str, Any]:
    """Render a primary key."""
    return to_wire({HASH_KEY: key[0], RANGE_KEY: key[1]})


@dataclass(frozen=True, slots=True)
class View:
    """Items of one hash key in the order of their range key, of the table or of an index."""

    index: str | None
    keys: tuple[str, str]
    value: str
    after: str = ""
    prefix: str = ""
    limit: int | None = None

    def place(self, item: Item) -> str:
        """Return what the items are ordered by."""
        return str(item[self.keys[1]])

    def holds(self, item: Item) -> bool:
        """Tell whether an item belongs to the view."""
        return (
            item.get(self.keys[0]) == self.value
            and self.place(item) > self.after
            and self.place(item).startswith(self.prefix)
        )

    def request(self) -> dict[str, Any]:
        """Return the parameters of Query."""
        names, values, condition = {"#h": self.keys[0]}, {":h": encode(self.value)}, "#h = :h"
        if self.prefix:
            condition += " AND begins_with(#r, :r)"
        elif self.after:
            condition += " AND #r > :r"
        if self.prefix or self.after:
            names["#r"], values[":r"] = self.keys[1], encode(self.prefix or self.after)
        request: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ConsistentRead": self.index is None,
        }
        if self.index is not None:
            request["IndexName"] = self.index
        if self.limit is not None:
            request["Limit"] = self.limit
        if self.prefix and self.after.startswith(self.prefix):
            request["ExclusiveStartKey"] = key_to_wire((self.value, self.after))
        return request
