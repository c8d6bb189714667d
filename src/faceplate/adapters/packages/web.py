"""Downloading one file of known size from a plain address, going on where it was cut off."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from faceplate.adapters.packages.attempts import SourceFailed

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ATTEMPTS = 3
_CHUNK_BYTES = 1 << 16


class _CutOff(Exception):
    """The line broke; what was received is kept for the next attempt."""


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects to addresses we would have taken in the first place."""

    def redirect_request(self, *answer: Any) -> Any:
        """Refuse an unsafe new address: the last thing given; the second is the open answer."""
        try:
            _require_safe(answer[-1])
        except SourceFailed:
            answer[1].close()
            raise
        return super().redirect_request(*answer)


def download(
    url: str,
    part: Path,
    size_bytes: int,
    *,
    timeout_s: float,
    stall_s: float = 15.0,
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Bring the file to ``part``; bytes already there are not asked for again.

    ``timeout_s`` is for everything together, ``stall_s`` for one silence. On failure ``part``
    stays, so that a later call goes on from there.

    Raises:
        SourceFailed: Not this file, not this size, unreachable, or too slow.
        OSError: ``part`` cannot be written.
    """
    _require_safe(url)
    deadline = time.monotonic() + timeout_s
    for attempt in range(_ATTEMPTS):
        try:
            left_s = partial(_left, deadline, stall_s)
            _continue(url, part, size_bytes, left_s=left_s, progress=progress)
        except _CutOff as exc:
            if attempt + 1 == _ATTEMPTS:
                raise SourceFailed("the connection was cut off several times") from exc
        else:
            return


def _require_safe(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise SourceFailed("only https addresses are taken")


def _continue(
    url: str,
    part: Path,
    size_bytes: int,
    *,
    left_s: Callable[[], float],
    progress: Callable[[int], None],
) -> None:
    done = part.stat().st_size if part.exists() else 0
    if done >= size_bytes:
        part.unlink()
        done = 0
    request = urllib.request.Request(url, headers={"User-Agent": "faceplate"})  # noqa: S310
    if done:
        request.add_header("Range", f"bytes={done}-")
    with _open(request, left_s()) as response:
        done = _agreed_start(response, done, size_bytes)
        with part.open("r+b" if done else "wb") as file:
            file.truncate(done)
            file.seek(done)
            while True:
                chunk = _read(response, left_s())
                if not chunk:
                    break
                done += len(chunk)
                if done > size_bytes:
                    raise SourceFailed("it is larger than promised", wrong_bytes=True)
                file.write(chunk)
                progress(done)
    if done < size_bytes:
        raise _CutOff


def _left(deadline: float, stall_s: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise SourceFailed("it took too long")
    return min(left_s, stall_s)


def _open(request: urllib.request.Request, timeout_s: float) -> Any:
    opener = urllib.request.build_opener(_SafeRedirects())
    try:
        return opener.open(request, timeout=timeout_s)
    except urllib.error.HTTPError as exc:
        with exc:
            if exc.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                reason = "it is smaller than what was received before"
            else:
                reason = f"the server answered {exc.code}"
        raise SourceFailed(reason) from exc
    except TimeoutError as exc:
        raise SourceFailed("the server did not answer in time") from exc
    except urllib.error.URLError as exc:
        if isinstance(exc.reason, TimeoutError):
            raise SourceFailed("the server did not answer in time") from exc
        raise SourceFailed("the server cannot be reached") from exc
    except (OSError, http.client.HTTPException, ValueError) as exc:
        raise SourceFailed("the server's answer makes no sense") from exc


def _agreed_start(response: Any, asked: int, size_bytes: int) -> int:
    """Return where the server's bytes begin: at the asked place, or at 0 if it knows no ranges."""
    start = asked if response.status == HTTPStatus.PARTIAL_CONTENT else 0
    given = response.headers.get("Content-Range", "")
    if start and not given.startswith(f"bytes {start}-"):
        raise SourceFailed("the server's answer makes no sense")
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and start + int(length) != size_bytes:
        raise SourceFailed("it has another size than promised", wrong_bytes=True)
    return start


def _read(response: Any, timeout_s: float) -> bytes:
    # The socket keeps the stall limit it was opened with; the deadline is checked between chunks.
    try:
        return bytes(response.read1(_CHUNK_BYTES))
    except TimeoutError as exc:
        raise SourceFailed(f"the server was silent for {timeout_s:.0f} s") from exc
    except (OSError, http.client.HTTPException) as exc:
        raise _CutOff from exc
