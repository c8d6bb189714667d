"""One write of a step: what it is, what it asks of the table, and how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.values import Item, to_wire
from faceplate.domain.errors import Busy

SERVICE = "DynamoDB"
MAX_ACTIONS = 100
MAX_STEP_BYTES = 3_500_000
"""Source: TransactWriteItems takes 100 actions and 4 MB."""
CONFLICT = "write_conflict"
"""The code of `Busy` when somebody else changed what a step had read; nothing was written."""


@dataclass(frozen=True, slots=True)
class Write:
    """One item to put, or to delete when None; ``revision`` is what was ``seen`` of it before."""

    key: tuple[str, str]
    item: Item | None
    seen: bool
    revision: str | None


def action(
    table: str, write: Write, step: str, condition: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the action of a transaction; ``step`` becomes the item's revision."""
    request = {"TableName": table, **(condition or {})}
    if write.item is None:
        return {"Delete": {**request, "Key": wire_key(write)}}
    return {"Put": {**request, "Item": to_wire({**write.item, "Revision": step})}}


def as_seen(write: Write) -> dict[str, Any]:
    """Return what a write asks of its item: that it be as it was seen, if it was."""
    if not write.seen:
        return {}
    if write.revision is None:
        return {"ConditionExpression": f"attribute_not_exists({HASH_KEY})"}
    if not write.revision:
        whole = f"attribute_exists({HASH_KEY}) AND attribute_not_exists(Revision)"
        return {"ConditionExpression": whole}
    return {
        "ConditionExpression": "Revision = :was",
        "ExpressionAttributeValues": {":was": {"S": write.revision}},
    }


def conflict() -> Busy:
    """Return the error of a step that came too late."""
    return Busy("Somebody else changed this at the same time; try again.", code=CONFLICT)


def wire_key(write: Write) -> dict[str, Any]:
    """Render a write's primary key."""
    return to_wire({HASH_KEY: write.key[0], RANGE_KEY: write.key[1]})


def size_bytes(write: Write) -> int:
    """Estimate the bytes of a write, from above."""
    return 200 + _size_of(write.item)


def _size_of(value: Any) -> int:
    match value:
        case str():
            return 3 * len(value)
        case bytes():
            return len(value)
        case dict():
            return sum(3 * len(str(name)) + 3 + _size_of(each) for name, each in value.items())
        case list() | tuple() | set() | frozenset():
            return sum(1 + _size_of(each) for each in value)
    return 24
