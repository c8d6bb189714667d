"""What every kind of record shares: names of partitions, moments, pages."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import RANGE_KEY
from faceplate.adapters.aws.table_views import Key
from faceplate.adapters.aws.values import Item
from faceplate.domain.errors import InvalidParameter, NotFound
from faceplate.domain.paging import Item as Thing
from faceplate.domain.paging import Page, decode_token, encode_token

COLLECTIONS = "#collection"
PERSON = "person"
MAX_KEY_BYTES = 1024
"""Source: DynamoDB's limit of a range key."""


def partition(kind: str, collection_id: str) -> str:
    """Name the partition of one kind of things of one collection."""
    return f"#{kind}/{collection_id}"


def may_exist(*parts: str) -> bool:
    """Tell whether a table could hold these keys at all; what it could not is simply not there."""
    return all(part and _size_bytes(part) <= MAX_KEY_BYTES for part in parts)


def keys_of(kind: str, collection_id: str, names: Sequence[str]) -> list[Key]:
    """Return the keys of those things that may exist."""
    place = partition(kind, collection_id)
    return [(place, name) for name in names if may_exist(place, name)]


def require_collections(table: DynamoTable, collection_ids: Sequence[str]) -> None:
    """Check that collections are there.

    Raises:
        NotFound: Code ``collection_not_found``.
    """
    keys = [(COLLECTIONS, one) for one in dict.fromkeys(collection_ids)]
    known = [key for key in keys if may_exist(*key)]
    if len(table.get_many(known)) < len(keys):
        raise NotFound("There is no such collection.", code="collection_not_found")


def start_of(token: str | None) -> str:
    """Return the key after which a page begins.

    Raises:
        InvalidParameter: Not a token of ours.
    """
    after = decode_token(token)
    if _size_bytes(after) > MAX_KEY_BYTES:
        raise invalid_token()
    return after


def invalid_token() -> InvalidParameter:
    """Return the error for a token that this store never gave out."""
    return InvalidParameter(
        "next_token is not one that this service gave out.",
        parameter="next_token",
        code="invalid_pagination_token",
    )


def page_of(
    items: Iterator[Item], read: Callable[[Item], Thing], *, limit: int, key: str = RANGE_KEY
) -> Page[Thing]:
    """Make a page of an ordered stream."""
    shown = list(itertools.islice(items, limit + 1))
    more = len(shown) > limit
    return Page(
        items=[read(item) for item in shown[:limit]],
        next_token=encode_token(str(shown[limit - 1][key])) if more else None,
    )


def from_moment(moment: datetime) -> str:
    """Write a moment so that the order of texts is the order of time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def from_mapping(value: Mapping[str, Any]) -> dict[str, Any] | str:
    """Write a mapping so that queries can look into it; DynamoDB takes no empty names."""
    return dict(value) if "" not in value else json.dumps(dict(value), ensure_ascii=False)


def to_mapping(value: dict[str, Any] | str | None) -> dict[str, Any]:
    """Read what `from_mapping` wrote."""
    if isinstance(value, str):
        found: dict[str, Any] = json.loads(value)
        return found
    return dict(value or {})


def _size_bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return MAX_KEY_BYTES + 1
