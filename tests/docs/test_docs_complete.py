"""What exists is documented: settings, routes, error codes, verbs, applications, exit codes."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import typer.main
from fastapi import FastAPI
from pydantic import BaseModel

import faceplate
from asgi_client import api_routes
from build import MAX_IMAGE_BYTES, build_memory_application
from faceplate.cli.exits import EXIT_CODES, MEANINGS
from faceplate.cli.main import app as command_line
from faceplate.config import Settings
from faceplate.domain import errors
from faceplate.domain.errors import every_error
from faceplate.http.app import create_app
from faceplate.http.openai_errors import KNOWN_CODES
from faceplate.http.options import HttpOptions

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def names_of(model: type[BaseModel], prefix: str = "FACEPLATE_") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= names_of(inner, f"{prefix}{name}__".upper())
        else:
            found.add(str(field.validation_alias or f"{prefix}{name}".upper()))
    return found


def test_every_setting_and_no_other() -> None:
    listed = set(re.findall(r"^\| `([A-Z0-9_]+)` \|", page("settings"), re.MULTILINE))
    # The command line alone reads the last one.
    assert listed == names_of(Settings) | {"FACEPLATE_URL"}


def test_every_route_and_no_other() -> None:
    options = HttpOptions(max_image_bytes=MAX_IMAGE_BYTES, worker_threads=1)
    app: FastAPI = create_app(build_memory_application().application, options)
    known = {
        f"{method} {route.path_format}"
        for route in (*api_routes(app), *app.state.documented)
        for method in route.methods
    }
    listed = set(
        re.findall(r"^### ((?:GET|PUT|POST|PATCH|DELETE) \S+)$", page("api"), re.MULTILINE)
    )
    assert listed == known


def test_every_error_code() -> None:
    listed = codes_of("errors") | codes_of("rekognition")
    raised = {error.default_code for error in every_error()} | set(raised_codes())
    assert len(raised) > 100
    assert raised - listed == set()


def test_every_code_of_the_gateway_and_of_openai() -> None:
    text = (ROOT / "terraform" / "api.tf").read_text(encoding="utf-8")
    gateway = set(re.findall(r'\bcode = "(\w+)"', text))
    assert len(gateway) > 6
    assert (gateway | set(KNOWN_CODES.values())) - codes_of("errors") == set()


def test_codes_of_the_command_line_have_the_class_they_are_raised_with() -> None:
    """The page says the exit code, which is the class's; a line of a report has no class."""
    text = page("errors").partition("## Of the command line")[2]
    exits = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", text, re.MULTILINE))
    assert len(exits) > 15
    for code, classes in raised_codes().items():
        for name in classes & {error.__name__ for error in every_error()[1:]}:
            if code in exits:
                assert int(exits[code]) == EXIT_CODES[getattr(errors, name)], code


def codes_of(name: str) -> set[str]:
    return set(re.findall(r"^\| `([a-z][a-z0-9_]+)` \|", page(name), re.MULTILINE))


@cache
def raised_codes() -> dict[str, set[str]]:
    """Every code that is written out where an error is made, with the names it is made by."""
    found: dict[str, set[str]] = {}
    for path in Path(faceplate.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name | ast.Attribute):
                name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr
                for given in call.keywords:
                    if given.arg == "code" and isinstance(given.value, ast.Constant):
                        found.setdefault(str(given.value.value), set()).add(name)
    return found


def test_every_variable_of_the_stack() -> None:
    text = "\n".join(path.read_text() for path in sorted((ROOT / "terraform").glob("*.tf")))
    for kind in ("variable", "output"):
        known = set(re.findall(rf'^{kind} "(\w+)"', text, re.MULTILINE))
        assert len(known) > 5
        part = page("terraform").partition("## Outputs")[0 if kind == "variable" else 2]
        assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == known
    # What has no default has to be given.
    assert page("terraform").count("| none: give one |") == 3


def verbs(command: object, path: str = "") -> set[str]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return {path.strip()}
    return {found for name, one in inner.items() for found in verbs(one, f"{path} {name}")}


def test_every_verb_option_and_exit_code() -> None:
    text = page("cli")
    listed = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert listed == verbs(typer.main.get_command(command_line))
    for code in MEANINGS:
        assert f"| {code} |" in text


def test_every_benchmark() -> None:
    folder = REFERENCE.parents[1] / "benchmarks"
    known = {
        path.relative_to(folder.parent).as_posix()
        for path in folder.rglob("*.py")
        if "argparse.ArgumentParser(description" in path.read_text(encoding="utf-8")
    }
    listed = set(re.findall(r"^\| `(benchmarks/\S+)` \|", page("benchmarks"), re.MULTILINE))
    assert listed == known
    assert len(known) > 9


def test_every_application() -> None:
    files = (Path(faceplate.__file__).parent / "prompt_apps").glob("*.toml")
    known = {path.stem for path in files}
    assert set(re.findall(r"^### (default-\S+)$", page("apps"), re.MULTILINE)) == known
