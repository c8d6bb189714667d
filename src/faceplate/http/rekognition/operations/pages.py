"""Pages of lists, with tokens that belong to one list and one key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.paging import Page, encode_token
from faceplate.http.rekognition.operations.call import Call, Request
from faceplate.services.page_tokens import PageTokens, Position

_STRIDE = 1000


class Lister(Protocol):
    """A list of the use cases: a page after a token."""

    def __call__(self, *, limit: int, token: str | None) -> Page[Any]:
        """Return the page."""
        ...


def list_page(
    call: Call,
    request: Request,
    *,
    scope: str,
    most: int,
    fetch: Lister,
    key_of: Callable[[Any], str],
) -> tuple[list[Any], str | None]:
    """Return the items of the page a request asks for, and its NextToken.

    ``most`` is both the greatest MaxResults and the default: the service model names none. A
    MaxResults of 0 stands for the default.

    Raises:
        InvalidParameter: Code ``invalid_pagination_token``.
    """
    tokens = call.protocol.page_tokens
    scope = f"{call.key.access_key_id}\0{scope}"
    token = request.get("NextToken")
    after = None if token is None else _after(tokens.open(scope, token), fetch, key_of)
    page = fetch(limit=request.get("MaxResults") or most, token=after)
    items = list(page.items)
    return items, _next(tokens, scope, page, key_of)


def _next(
    tokens: PageTokens, scope: str, page: Page[Any], key_of: Callable[[Any], str]
) -> str | None:
    return None if page.next_token is None else tokens.seal(scope, key_of(page.items[-1]))


def _after(position: Position, fetch: Lister, key_of: Callable[[Any], str]) -> str:
    """Return the use case's own token for a position."""
    token = encode_token(position.key)
    if position.digest is None:
        return token
    while True:  # the key was too long for a token: look for it among those that begin like it
        page = fetch(limit=_STRIDE, token=token)
        for item in page.items:
            if position.is_of(key_of(item)):
                return encode_token(key_of(item))
        if page.next_token is None or not key_of(page.items[-1]).startswith(position.key):
            raise InvalidParameter(
                "NextToken belongs to a page whose last item is gone.",
                parameter="NextToken",
                code="invalid_pagination_token",
            )
        token = page.next_token
