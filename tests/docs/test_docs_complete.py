"""What exists is documented: settings, routes, error codes, verbs, applications, exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import typer.main
from fastapi import FastAPI
from pydantic import BaseModel

import faceplate
from asgi_client import api_routes
from build import MAX_IMAGE_BYTES, build_memory_application
from faceplate.cli.exits import MEANINGS
from faceplate.cli.main import app as command_line
from faceplate.config import Settings
from faceplate.domain.errors import every_error
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


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
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", page("errors"), re.MULTILINE))
    raised = {error.default_code for error in every_error()}
    assert len(listed) > 60
    missing = raised - listed
    # Raised before a server is up, or by the command line alone.
    assert missing <= {
        *("data_folder_in_use", "database_too_new", "download_failed", "manifest_invalid"),
        *("model_unknown", "setting_invalid", "setting_unknown", "provider_not_found"),
    }


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
