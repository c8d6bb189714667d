"""Let pages of other origins call the API, on every answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import Response

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = (
    "x-request-id, retry-after, etag, location, x-faceplate-cache, x-faceplate-provider, "
    "x-faceplate-dropped-parameters, x-faceplate-warnings, x-amzn-requestid"
)
RawHeader = tuple[bytes, bytes]

_EXPOSE = (b"access-control-expose-headers", EXPOSED.encode())
_ALLOW_ORIGIN = b"access-control-allow-origin"
_PREFLIGHT_KEPT_S = 600
_HEADER_LIST = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{0,4096}")


class Cors:
    """The origins that may call, ``*`` for all; credentials are never asked for."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._all = "*" in origins
        self._origins = frozenset(origin.encode("latin-1", "replace") for origin in origins)

    def mark(self, origin: bytes | None, headers: list[RawHeader]) -> None:
        """Add the headers an answer needs to an answer's own, whatever the answer is."""
        headers.append(_EXPOSE)
        if self._all:
            headers.append((_ALLOW_ORIGIN, b"*"))
            return
        _vary_by_origin(headers)
        if origin is not None and origin in self._origins:
            headers.append((_ALLOW_ORIGIN, origin))

    def preflight(self, request_headers: Headers) -> Response:
        """Answer OPTIONS; an origin that may not call gets no permission with it."""
        wanted = request_headers.get("access-control-request-headers", "")
        headers = {
            "access-control-allow-methods": METHODS,
            "access-control-max-age": str(_PREFLIGHT_KEPT_S),
        }
        if wanted and _HEADER_LIST.fullmatch(wanted):
            headers["access-control-allow-headers"] = wanted
        return Response(status_code=204, headers=headers)


def _vary_by_origin(headers: list[RawHeader]) -> None:
    for place, (name, value) in enumerate(headers):
        if name == b"vary":
            headers[place] = (name, value + b", Origin")
            return
    headers.append((b"vary", b"Origin"))
