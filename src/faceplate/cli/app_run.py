"""Running one application: wait for the model, print as it comes, tell what the checks found."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from faceplate.cli.api import Api
from faceplate.cli.output import note, printable, write_piece
from faceplate.domain.errors import Busy

Result = TypeVar("Result")

_COMES_BY_ITSELF = frozenset({"model_downloading", "model_restarting"})
_LOOK_AGAIN_S = 1.0


async def run_once(api: Api, path: str, body: Mapping[str, Any]) -> Any:
    """Run an application and return its whole answer."""
    return await wait_for_model(lambda: api.post(path, dict(body)))


async def run_streaming(api: Api, path: str, body: Mapping[str, Any]) -> None:
    """Run an application, print its answer as it comes, and then what its checks found."""
    last = await wait_for_model(lambda: _print_stream(api, path, body))
    for check in last.get("checks") or ():
        passed = "passed" if check["passed"] else f"failed: {printable(check['detail'])}"
        note(f"Check {check['name']}: {passed}")
    if last.get("finish_reason") == "length":
        note("The answer was cut off at the token limit; --max-tokens raises it.")


async def wait_for_model(
    ask: Callable[[], Awaitable[Result]],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Result:
    """Ask, and ask again while the embedded model is on its way here."""
    said = False
    try:
        while True:
            try:
                return await ask()
            except Busy as exc:
                if exc.code not in _COMES_BY_ITSELF:
                    raise
                _say_progress(exc, again=said)
                said = True
            await sleep(_LOOK_AGAIN_S)
    finally:
        if said and sys.stderr.isatty():
            note("")


def _say_progress(error: Busy, *, again: bool) -> None:
    """Overwrite one line on a terminal; elsewhere say it once."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{error.message} ")
        sys.stderr.flush()
    elif not again:
        note(error.message)


async def _print_stream(api: Api, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Print the text of a stream and return what came besides it."""
    found: dict[str, Any] = {}
    ends_in_newline = True
    async with contextlib.aclosing(api.stream(path, {**body, "stream": True})) as chunks:
        async for chunk in chunks:
            found |= {name: chunk[name] for name in ("checks", "result") if name in chunk}
            for choice in chunk.get("choices") or ():
                text = (choice.get("delta") or {}).get("content") or ""
                if choice.get("finish_reason"):
                    found["finish_reason"] = choice["finish_reason"]
                if text:
                    write_piece(text)
                    ends_in_newline = text.endswith("\n")
    if not ends_in_newline:
        write_piece("\n")
    return found
