"""Make a command of a coroutine: the options every verb has, the API, JSON or a table."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from faceplate.cli.api import Api
from faceplate.cli.connect import Target, connect
from faceplate.cli.output import print_json

UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="FACEPLATE_URL",
        help="A server to work on, as http://host:port; without it, the server that runs on the "
        "data folder, else this process.",
        rich_help_panel="Where",
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        help="The server's API key; with --url the variable FACEPLATE_API_KEY does as well.",
        rich_help_panel="Where",
    ),
]
DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="The data folder; default: the setting FACEPLATE_DATA_DIR.",
        rich_help_panel="Where",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the API's JSON.")]
CollectionOption = Annotated[
    str | None,
    typer.Option(
        "--collection-id", help="The collection; default: the server's.", rich_help_panel="Where"
    ),
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")]
TokenOption = Annotated[
    str | None, typer.Option("--next-token", help="Go on where an earlier list ended.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All of them, however many.")]

Verb = TypeVar("Verb", bound=Callable[..., Awaitable[int | None]])


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a verb: the API, what was said about where it is, and whether JSON is wanted."""

    api: Api
    target: Target
    json: bool

    def show(self, document: Any, render: Callable[[Any], None]) -> None:
        """Print an answer: as it is with ``--json``, else for people."""
        if self.json:
            print_json(document)
        else:
            render(document)

    async def page(
        self,
        path: str,
        plural: str,
        *,
        limit: int,
        token: str | None,
        everything: bool,
        **query: object,
    ) -> Any:
        """Return one page of a list, or the whole list in the form of one page."""
        if not everything:
            return await self.api.get(path, limit=limit, next_token=token, **query)
        items = [item async for item in self.api.pages(path, plural, **query)]
        return {plural: items, "next_token": None}


@asynccontextmanager
async def open_session(
    target: Target, *, collection_id: str | None = None, as_json: bool = False
) -> AsyncIterator[Session]:
    """Connect, and close the connection at the end of the block."""
    transport = connect(target)
    try:
        yield Session(Api(transport, collection_id=collection_id), target, as_json)
    finally:
        await transport.close()


def verb(
    app: typer.Typer, name: str, *, collection: bool = False, **about: Any
) -> Callable[[Verb], Verb]:
    """Register a coroutine, whose first argument is the `Session`, with the common options added.

    With ``collection`` it gets ``--collection-id`` as well. What the coroutine returns is the exit
    code; nothing is 0.
    """

    def register(function: Verb) -> Verb:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        common = _common(collection=collection)

        def command(**given: Any) -> None:
            said = {parameter.name: given.pop(parameter.name) for parameter in common}
            code = asyncio.run(_run(function, said, given))
            if code:
                raise typer.Exit(code)

        parameters = [*own, *common]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {item.name: item.annotation for item in parameters}
        app.command(name, help=_reflow(function), **about)(command)
        return function

    return register


def plain_verb(app: typer.Typer, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function that does not go through the API."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        app.command(name, help=_reflow(function))(function)
        return function

    return register


def _reflow(function: Callable[..., Any]) -> str:
    """Return a docstring with each paragraph on one line, for the terminal to wrap."""
    text = inspect.getdoc(function) or ""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _common(*, collection: bool) -> list[inspect.Parameter]:
    options: dict[str, tuple[Any, Any]] = {
        "as_json": (JsonOption, False),
        "url": (UrlOption, None),
        "api_key": (KeyOption, None),
        "data_dir": (DataDirOption, None),
    }
    if collection:
        options["collection_id"] = (CollectionOption, None)
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
        )
        for name, (annotation, default) in options.items()
    ]


async def _run(
    function: Callable[..., Awaitable[int | None]], said: dict[str, Any], given: dict[str, Any]
) -> int | None:
    target = Target(url=said["url"], api_key=said["api_key"], data_dir=said["data_dir"])
    async with open_session(
        target, collection_id=said.get("collection_id"), as_json=said["as_json"]
    ) as session:
        return await function(session, **given)
