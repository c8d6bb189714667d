"""Pages of a table, cut at the last key of the page before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.paging import Item, Page, decode_token, encode_token


def start_of(token: str | None) -> str:
    """Return the key after which a page begins.

    Raises:
        InvalidParameter: Not a token of ours.
    """
    after = decode_token(token)
    try:
        after.encode()
    except UnicodeEncodeError as exc:
        raise invalid_token() from exc
    return after


def invalid_token() -> InvalidParameter:
    """Return the error for a token that this store never gave out."""
    return InvalidParameter(
        "next_token is not one that this service gave out.",
        parameter="next_token",
        code="invalid_pagination_token",
    )


def page_of(
    rows: Sequence[tuple[Any, ...]],
    read: Callable[[tuple[Any, ...]], Item],
    *,
    limit: int,
    key_column: int,
) -> Page[Item]:
    """Make a page of rows of which one more than ``limit`` was asked for."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(
        items=[read(row) for row in shown],
        next_token=encode_token(str(shown[-1][key_column])) if more else None,
    )
