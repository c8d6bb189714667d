"""`faceplate apps`: the prompt applications."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from faceplate.cli import apps_eval, apps_new
from faceplate.cli.api import encode_id
from faceplate.cli.app_run import run_once, run_streaming
from faceplate.cli.output import note, print_members, print_table, say
from faceplate.cli.verb import Session, verb
from faceplate.domain.errors import InvalidInput, InvalidParameter

app = typer.Typer(no_args_is_help=True)
apps_eval.register(app)
apps_new.register(app)

SlugArgument = Annotated[str, typer.Argument(metavar="SLUG", help="One of `apps list`.")]


@verb(app, "list")
async def list_apps(
    session: Session,
    category: Annotated[
        str | None, typer.Option("--category", help="Only these: code, extract, chat …")
    ] = None,
) -> None:
    """List the applications, and which files of yours cannot be used."""
    session.show(await session.api.get("/v1/examples", category=category), _print_list)


@verb(app, "show")
async def show(session: Session, slug: SlugArgument) -> None:
    """Show one application: its parameters, its typed result and a sample input."""
    session.show(await session.api.get(f"/v1/examples/{encode_id(slug)}"), _print_app)


@verb(app, "run")
async def run(
    session: Session,
    slug: SlugArgument,
    *,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The input; default, or -: stdin.")
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="NAME=VALUE",
            help="A parameter of the application; may be repeated. VALUE @FILE is read from there.",
        ),
    ] = None,
    typed: Annotated[
        bool, typer.Option("--typed", help="Answer with JSON that fits the result schema.")
    ] = False,
    temperature: Annotated[
        float | None, typer.Option("--temperature", min=0, max=2, help="0 is steady, 2 is wild.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", min=1, help="Longest answer.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Makes chance repeatable.")] = None,
) -> None:
    """Run an application; its answer is printed as it comes.

    What the application's checks found goes to stderr. With --json the whole answer is printed at
    its end, with the checks in it.
    """
    body: dict[str, Any] = {
        "input_text": read_input(text),
        "result": "typed" if typed else "text",
        "temperature": temperature,
        "max_tokens": max_tokens,
        "seed": seed,
    }
    if param:
        about = await session.api.get(f"/v1/examples/{encode_id(slug)}")
        body["parameters"] = parse_parameters(param, about["parameters"])
    given = {name: value for name, value in body.items() if value is not None}
    path = f"/v1/examples/{encode_id(slug)}"
    if session.json:
        session.show(await run_once(session.api, path, given), lambda _: None)
    else:
        await run_streaming(session.api, path, given)


def read_input(text: str | None) -> str:
    """Return the input given on the command line, or all of stdin.

    Raises:
        InvalidInput: Nothing was given, or stdin is no text (code ``input_missing``).
    """
    if text is not None and text != "-":
        return text
    if text is None and sys.stdin.isatty():
        raise InvalidInput("Give the input as TEXT, or on stdin.", code="input_missing")
    try:
        found = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as exc:
        raise InvalidInput("What came on stdin is not UTF-8 text.", code="input_missing") from exc
    if not found.strip():
        raise InvalidInput("Nothing came on stdin.", code="input_missing")
    return found.removesuffix("\n")


def parse_parameters(
    pairs: Sequence[str], parameters: Sequence[dict[str, Any]]
) -> dict[str, object]:
    """Read ``NAME=VALUE`` texts as values of the kinds that the application's parameters have.

    Raises:
        InvalidParameter: No ``=``, or a value that its kind cannot be read from.
    """
    kinds = {one["name"]: one["kind"] for one in parameters}
    values: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InvalidParameter(
                "A parameter is given as NAME=VALUE.", parameter="param", code="invalid_parameter"
            )
        values[name] = _value(name, kinds.get(name, "text"), _content(value))
    return values


def _content(value: str) -> str:
    """Return the value itself or, after an @, what is in the file it names."""
    if not value.startswith("@"):
        return value
    try:
        with open(value[1:], encoding="utf-8") as file:  # noqa: PTH123 -- the name as it was given
            return file.read()
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidInput(
            f"{value[1:]} cannot be read as UTF-8 text.", code="file_unreadable"
        ) from exc


def _value(name: str, kind: str, text: str) -> object:
    flags = {"true": True, "yes": True, "false": False, "no": False}
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text)
        if kind == "flag":
            return flags[text.lower()]
        if kind == "texts":
            if text.startswith("["):
                return json.loads(text)
            return [one.strip() for one in text.split(",")]
    except (ValueError, KeyError) as exc:
        raise InvalidParameter(
            f"The value of {name} cannot be read as {kind}.", parameter=f"parameters.{name}"
        ) from exc
    return text


def _print_list(found: dict[str, Any]) -> None:
    rows = [
        [one["slug"], one["title"], one["category"], one["parameters"], one["legacy"]]
        for one in found["examples"]
    ]
    print_table(["app", "title", "category", "parameters", "legacy"], rows)
    for one in found["problems"]:
        note(f"Left out: {one['file']}, line {one['line']}: {one['message']}")


def _print_app(found: dict[str, Any]) -> None:
    brief = ("slug", "title", "summary", "category", "source_url", "temperature", "max_tokens")
    print_members({name: found[name] for name in brief} | {"checks": found["checks"]})
    if found["parameters"]:
        columns = ["parameter", "kind", "default", "choices", "meaning"]
        keys = ("name", "kind", "default", "choices", "summary")
        print_table(columns, [[one[key] for key in keys] for one in found["parameters"]])
    say("Typed result:")
    say(json.dumps(found["result_schema"], indent=2, ensure_ascii=False))
    if found["sample"] is not None:
        say("Sample input:")
        say(found["sample"]["input_text"])
