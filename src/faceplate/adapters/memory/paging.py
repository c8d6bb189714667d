"""Pages of a dictionary."""

from __future__ import annotations

from collections.abc import Mapping

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.paging import Item, Page, decode_token, encode_token


def start_of(token: str | None) -> str:
    """Return the key after which a page begins.

    Raises:
        InvalidParameter: Not a token of ours.
    """
    after = decode_token(token)
    if any("\ud800" <= char <= "\udfff" for char in after):
        raise invalid_token()
    return after


def invalid_token() -> InvalidParameter:
    """Return the error for a token that this store never gave out."""
    return InvalidParameter(
        "next_token is not one that this service gave out.",
        parameter="next_token",
        code="invalid_pagination_token",
    )


def page_of(found: Mapping[str, Item], *, limit: int, token: str | None) -> Page[Item]:
    """Cut the page after ``token`` out of items that are ordered by their key."""
    after = start_of(token)
    keys = sorted(key for key in found if key > after)
    shown = keys[:limit]
    return Page(
        items=[found[key] for key in shown],
        next_token=encode_token(shown[-1]) if len(keys) > limit else None,
    )
