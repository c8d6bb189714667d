"""Starting and ending one child process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from faceplate.adapters.llama.errors import load_failed, not_installed

_MODULE = "faceplate.adapters.llama.child"
_LOAD_S = 180.0
_END_S = 2.0
_NOTICE_S = 0.5
_SECRETIVE = ("KEY", "SECRET", "TOKEN", "PASSWORD", "CREDENTIAL")


@dataclass(frozen=True, slots=True)
class ModelOrder:
    """What a child is to load: a GGUF file, under which name, with how many threads and tokens."""

    name: str
    path: Path
    threads: int
    context_tokens: int


class _NotThere(Exception):
    """The child has no llama.cpp."""


class ChildProcess:
    """A running child; ``url`` ends before ``/v1`` and takes requests that carry ``api_key``."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, api_key: str) -> None:
        self._process = process
        self.url = url
        self.api_key = api_key

    @property
    def pid(self) -> int:
        """Its number with the operating system."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether nobody has noticed its end yet."""
        return self._process.returncode is None

    async def ended(self) -> None:
        """Wait until it has ended."""
        await self._process.wait()

    async def answers(self, *, within_s: float) -> bool:
        """Tell whether it says within a time that it lives, whatever it is at."""
        parts = urlsplit(self.url)
        try:
            async with asyncio.timeout(within_s):
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                with contextlib.closing(writer):
                    writer.write(f"GET /health HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
                    return await reader.readexactly(5) == b"HTTP/"
        except (OSError, EOFError):  # one of them is the time-out
            return False

    def kill(self) -> None:
        """End it by force, even where it does not run at all."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        """End it: kindly by closing its stdin, by force when it does not listen."""
        await _end(self._process)


async def start_child(
    order: ModelOrder, *, command: Sequence[str] = (sys.executable, "-P", "-m", _MODULE)
) -> ChildProcess:
    """Start a child and wait until it serves the model.

    Raises:
        Misconfigured: The model cannot be loaded (code ``model_load_failed``), or there is no
            llama.cpp (code ``llm_not_installed``).
    Cost: 1 to 8 s and 1.4 GB of memory for the 1.5B model.
    """
    api_key = secrets.token_hex(24)
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_without_secrets(os.environ),
    )
    try:
        async with asyncio.timeout(_LOAD_S):
            url = await _place_order(process, order, api_key)
    except BaseException as exc:
        await _end(process)
        if isinstance(exc, _NotThere):
            raise not_installed() from exc
        if isinstance(exc, OSError | ValueError | TimeoutError):
            raise load_failed(order.name, killed=(process.returncode or 0) < 0) from exc
        raise
    return ChildProcess(process, url, api_key)


async def _place_order(process: asyncio.subprocess.Process, order: ModelOrder, api_key: str) -> str:
    """Tell the child what to load and return where it serves it.

    Raises:
        _NotThere: It has no llama.cpp.
        OSError, ValueError: It ended, or said something else than an address.
    """
    if process.stdin is None or process.stdout is None:
        raise ValueError("no pipes")
    line = {
        "path": str(order.path),
        "name": order.name,
        "threads": order.threads,
        "context_tokens": order.context_tokens,
        "api_key": api_key,
    }
    process.stdin.write(json.dumps(line).encode() + b"\n")
    await process.stdin.drain()
    answer = json.loads(await process.stdout.readline())
    if isinstance(answer, dict) and answer.get("error") == "llm_not_installed":
        raise _NotThere
    try:
        return str(answer["url"])
    except (KeyError, TypeError) as exc:
        raise ValueError("no address") from exc


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def has_ended(child: ChildProcess) -> bool:
    """Tell whether a child is dead; its end takes a moment to be noticed."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_NOTICE_S):
            await child.ended()
    return not child.is_alive


def _without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if not any(word in name.upper() for word in _SECRETIVE)
    }
