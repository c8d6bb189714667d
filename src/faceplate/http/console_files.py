"""The console's files: static, from this package, under an address that changes with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from faceplate.domain.errors import NotFound
from faceplate.http.answers import is_fresh

ROOT = Path(__file__).with_name("console")

_INDEX = "index.html"
_PREVIEW = "preview.html"
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_NOT_MODULES = frozenset({"theme.js", "preview.js"})
_FOREVER = "public, max-age=31536000, immutable"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src blob:; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    # No text ever becomes markup or code: browsers refuse the sinks that would do it.
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PREVIEW_POLICY = (
    # Without an origin, and without a script but the one that fills the frame inside.
    "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_PAGE_HEADERS = {
    "content-security-policy": PAGE_POLICY,
    "cache-control": "no-cache",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    media_type: str
    etag: str


def install(app: FastAPI) -> None:
    """Add the console to an app, outside its OpenAPI document."""
    for path, endpoint in (("/", _page), ("/console/{version}/{name:path}", _file)):
        app.router.routes.append(Route(path, endpoint, methods=["GET"], include_in_schema=False))


async def _page(request: Request) -> Response:
    page = await request.app.state.backend.workers.read(_read_page)
    headers = {**_PAGE_HEADERS, "etag": page.etag}
    if is_fresh(request.headers.get("if-none-match"), page.etag):
        return Response(status_code=304, headers=headers)
    return Response(page.data, headers=headers, media_type=page.media_type)


async def _file(request: Request) -> Response:
    """Serve a file of this very version; a page of another one must be loaded anew."""
    version, name = request.path_params["version"], request.path_params["name"]
    files = await request.app.state.backend.workers.read(_read_files)
    if version != _version() or name not in files or name == _INDEX:
        raise NotFound("There is no such route.", code="route_not_found")
    found = files[name]
    headers = {"cache-control": _FOREVER, "etag": found.etag}
    if name == _PREVIEW:
        headers["content-security-policy"] = PREVIEW_POLICY
    return Response(found.data, headers=headers, media_type=found.media_type)


@lru_cache(maxsize=1)
def _read_files() -> dict[str, _File]:
    """Read every file once, by its name below the console's folder."""
    found = {}
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in _TYPES:
            data = path.read_bytes()
            name = path.relative_to(ROOT).as_posix()
            found[name] = _File(data, _TYPES[path.suffix], _etag(data))
    return found


@lru_cache(maxsize=1)
def _version() -> str:
    """Digest all files, so that browsers may keep each for ever."""
    digest = hashlib.sha256()
    for name, file in _read_files().items():
        digest.update(f"{name}\0{file.etag}\0".encode())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def _read_page() -> _File:
    """Fill in where the files are, and name the modules, so that none waits for another."""
    base = f"console/{_version()}"
    files = _read_files()
    modules = [name for name in files if name.endswith(".js") and name not in _NOT_MODULES]
    links = "\n".join(f'<link rel="modulepreload" href="{base}/{name}">' for name in modules)
    text = files[_INDEX].data.decode().replace("@base@", base).replace("@preload@", links)
    data = text.encode()
    return _File(data, "text/html", _etag(data))


def _etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'
