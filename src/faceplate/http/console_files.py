"""The console's files: static, from this package, under an address that changes with them."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from faceplate.domain.errors import NotFound
from faceplate.http.answers import is_fresh
from faceplate.http.workers import Workers

ROOT = Path(__file__).with_name("console")

_INDEX = "index.html"
_PREVIEW = "preview.html"
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_NOT_A_MODULE = "preview.js"
_SHEETS = ("base.css", "parts.css", "views.css")
"""They are sent within the page: nothing can be painted before the styles are there."""
_IN_THE_PAGE = frozenset({_INDEX, *_SHEETS})
_FOREVER = "public, max-age=31536000, immutable"

_PAGE_POLICY = (
    # The styles in the page are named by their digest, and no others are taken.
    "default-src 'none'; script-src 'self'; style-src 'sha256-{}'; img-src 'self' blob: data:; "
    "media-src blob:; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    # No text ever becomes markup or code: browsers refuse the sinks that would do it.
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PREVIEW_POLICY = (
    # Without an origin, and without a script but the one that fills the frame inside.
    "sandbox allow-scripts; default-src 'none'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_THEMES = frozenset({"light", "dark"})
_PAGE_HEADERS = {
    "vary": "accept-encoding, cookie",
    "cache-control": "no-cache",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    media_type: str
    etag: str
    zipped: bytes

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """Answer with the file, compressed for who takes that, or say that it is the same."""
        headers = {"vary": "accept-encoding", **headers, "etag": self.etag}
        if is_fresh(request.headers.get("if-none-match"), self.etag):
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self.data, headers=headers, media_type=self.media_type)
        headers["content-encoding"] = "gzip"
        return Response(self.zipped, headers=headers, media_type=self.media_type)


def install(app: FastAPI) -> None:
    """Add the console to an app, outside its OpenAPI document."""
    for path, endpoint in (("/", _page), ("/console/{version}/{name:path}", _file)):
        app.router.routes.append(Route(path, endpoint, methods=["GET"], include_in_schema=False))


async def _page(request: Request) -> Response:
    workers: Workers = request.app.state.backend.workers
    theme = request.cookies.get("faceplate-theme", "")
    wanted = theme if theme in _THEMES else ""
    page, policy = await workers.read(lambda: _read_page(wanted))
    return page.answer(request, {**_PAGE_HEADERS, "content-security-policy": policy})


async def _file(request: Request) -> Response:
    """Serve a file of this very version; a page of another one must be loaded anew."""
    version, name = request.path_params["version"], request.path_params["name"]
    files = _read_files()  # The page that named the file has had them read.
    if version != _version() or name not in files or name in _IN_THE_PAGE:
        raise NotFound("There is no such route.", code="route_not_found")
    found = files[name]
    headers = {"cache-control": _FOREVER}
    if name == _PREVIEW:
        headers["content-security-policy"] = PREVIEW_POLICY
    return found.answer(request, headers)


@lru_cache(maxsize=1)
def _read_files() -> dict[str, _File]:
    """Read every file once, by its name below the console's folder."""
    found = {}
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in _TYPES:
            data = path.read_bytes()
            name = path.relative_to(ROOT).as_posix()
            found[name] = _make(data, _TYPES[path.suffix])
    return found


@lru_cache(maxsize=1)
def _version() -> str:
    """Digest all files, so that browsers may keep each for ever."""
    digest = hashlib.sha256()
    for name, file in _read_files().items():
        digest.update(f"{name}\0{file.etag}\0".encode())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=4)
def _read_page(theme: str) -> tuple[_File, str]:
    """Fill in the theme, the styles and where the files are; return the page and its policy.

    It names the shell's modules, so that none waits for another.
    """
    base = f"console/{_version()}"
    files = _read_files()
    modules = [
        name for name in files if name.endswith(".js") and "/" not in name and name != _NOT_A_MODULE
    ]
    # Low: they must not be in the way of the styles.
    link = '<link rel="modulepreload" fetchpriority="low" href="{}/{}">'
    links = "\n".join(link.format(base, name) for name in modules)
    style = "".join(files[name].data.decode() for name in _SHEETS)
    text = files[_INDEX].data.decode().replace("@base@", base).replace("@preload@", links)
    text = text.replace("@theme@", f' data-theme="{theme}"' if theme else "")
    page = _make(text.replace("@style@", style).encode(), "text/html")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return page, _PAGE_POLICY.format(digest)


def _make(data: bytes, media_type: str) -> _File:
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    return _File(data, media_type, etag, gzip.compress(data, mtime=0))
