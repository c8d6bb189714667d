"""Pages for people: the API reference, and beside it the console, all from this machine."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from faceplate.domain.errors import NotFound
from faceplate.http import console_files

_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_REFERENCE_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    # Swagger UI sets style attributes on its own elements.
    "style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_REFERENCE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Faceplate API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png"></head>
<body><div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script></body></html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""


def install(app: FastAPI) -> None:
    """Add the pages to an app, outside its OpenAPI document."""
    for path, endpoint in (
        ("/docs", _reference),
        ("/docs/start.js", _start),
        ("/docs/{name}", _asset),
    ):
        app.router.routes.append(Route(path, endpoint, methods=["GET"], include_in_schema=False))
    console_files.install(app)


async def _reference(_request: Request) -> Response:
    return Response(
        _REFERENCE,
        headers={"content-security-policy": _REFERENCE_POLICY},
        media_type="text/html",
    )


async def _start(_request: Request) -> Response:
    return Response(_START, headers={"cache-control": "no-cache"}, media_type="text/javascript")


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _ASSETS:
        raise NotFound("There is no such route.", code="route_not_found")
    data = await request.app.state.backend.workers.read(lambda: _read_asset(name))
    return Response(data, headers={"cache-control": "no-cache"}, media_type=_ASSETS[name])


@lru_cache(maxsize=len(_ASSETS))
def _read_asset(name: str) -> bytes:
    """Read a file of Swagger UI out of the package that carries it, without importing that."""
    found = importlib.util.find_spec("fastapi_swagger")
    if found is None or found.origin is None:
        raise NotFound("The API reference is not installed.", code="route_not_found")
    return Path(found.origin).with_name("resources").joinpath(name).read_bytes()
