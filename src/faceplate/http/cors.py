"""Let pages of other origins call the API, on every answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = (
    "x-request-id, retry-after, etag, location, x-faceplate-cache, x-faceplate-provider, "
    "x-faceplate-dropped-parameters"
)
_PREFLIGHT_KEPT_S = 600
_HEADER_LIST = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{0,4096}")


class Cors:
    """The origins that may call, ``*`` for all; credentials are never asked for."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._all = "*" in origins
        self._origins = frozenset(origins)

    def mark(self, request_headers: Headers, headers: MutableHeaders) -> None:
        """Add the headers an answer needs, whatever the answer is."""
        headers["access-control-expose-headers"] = EXPOSED
        if self._all:
            headers["access-control-allow-origin"] = "*"
            return
        headers.add_vary_header("Origin")
        origin = request_headers.get("origin")
        if origin in self._origins:
            headers["access-control-allow-origin"] = str(origin)

    def preflight(self, request_headers: Headers) -> Response:
        """Answer OPTIONS; an origin that may not call gets no permission with it."""
        wanted = request_headers.get("access-control-request-headers", "")
        headers = {
            "allow": METHODS,
            "access-control-allow-methods": METHODS,
            "access-control-max-age": str(_PREFLIGHT_KEPT_S),
        }
        if wanted and _HEADER_LIST.fullmatch(wanted):
            headers["access-control-allow-headers"] = wanted
        return Response(status_code=204, headers=headers)
