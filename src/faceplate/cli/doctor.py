"""`faceplate doctor`: is everything as it should be, and what is to be done if not."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faceplate.cli.api import Api
from faceplate.cli.connect import Target, connect, is_locked, read_settings, running_server
from faceplate.cli.exits import PROBLEMS_FOUND
from faceplate.cli.output import print_json, print_table
from faceplate.cli.verb import DataDirOption, JsonOption, KeyOption, UrlOption, plain_verb
from faceplate.domain.errors import DataFolderInUse, FaceplateError

if TYPE_CHECKING:
    from faceplate.config import Settings

_LEAST_FREE_BYTES = 1_000_000_000


def register(app: typer.Typer) -> None:
    """Add the verb."""
    plain_verb(app, "doctor")(doctor)


def doctor(
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Mend what a crash has left behind, such as picture files that no record names; "
            "the server of the data folder must be stopped.",
        ),
    ] = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check settings, weights, data folder, disk and every part; exit code 21 when one is wrong.

    With --url only the parts of that server are checked.
    """
    if url:
        checks = _parts(Target(url=url, api_key=api_key))
        settings_list = []
    else:
        settings = read_settings(data_dir)
        checks = _look_around(settings, repair=repair)
        settings_list = _describe(settings)
    report = {"ok": all(check["ok"] for check in checks), "checks": checks}
    report["settings"] = settings_list
    if as_json:
        print_json(report)
    else:
        _print(report)
    if not report["ok"]:
        raise typer.Exit(PROBLEMS_FOUND)


def _look_around(settings: Settings, *, repair: bool) -> list[dict[str, Any]]:
    checks = []
    if settings.mode == "local":
        checks.append(_check("data folder", lambda: _folder(settings.data_dir)))
        checks.append(_check("disk", lambda: _disk(settings.data_dir)))
        checks += _weights(settings)
    checks += _parts(Target(data_dir=settings.data_dir), wanted=_language_models(settings))
    if repair:
        checks.append(_check("repair", lambda: _repair(settings)))
    return checks


def _describe(settings: Settings) -> list[dict[str, str]]:
    from faceplate.config import describe_settings

    return describe_settings(settings)


def _check(name: str, look: Callable[[], str]) -> dict[str, Any]:
    try:
        return {"name": name, "ok": True, "finding": look()}
    except FaceplateError as exc:
        return {"name": name, "ok": False, "finding": exc.message, "code": exc.code}


def _folder(folder: Path) -> str:
    if not folder.is_dir():
        return f"{folder} is made at the first start"
    if not is_locked(folder):
        return f"{folder}, free"
    server = running_server(folder)
    if server is None:
        return f"{folder}, in use by another process"
    return f"{folder}, in use by the server at {server.url} (process {server.pid})"


def _disk(folder: Path) -> str:
    place = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    free = shutil.disk_usage(place).free
    if free < _LEAST_FREE_BYTES:
        raise FaceplateError(f"Only {free / 1e9:.2f} GB are free.", code="disk_nearly_full")
    return f"{free / 1e9:.1f} GB free"


def _weights(settings: Settings) -> list[dict[str, Any]]:
    """Look at what the settings need; models nobody asked for may be missing."""
    from faceplate import bootstrap
    from faceplate.adapters.onnx.manifest import load_manifest

    try:
        manifest = load_manifest(settings.engine.manifest)
        weights = bootstrap.weights(settings)
        wanted = None if settings.engine.model == "auto" else settings.engine.model
        choice = weights.choose_embedding(manifest, wanted)
    except FaceplateError as exc:
        return [{"name": "models", "ok": False, "finding": exc.message, "code": exc.code}]
    needed = [spec for spec in manifest.values() if spec.role == "detector" and spec.default]
    needed.append(choice.spec)
    roles = {"AGE_RANGE": "age", "GENDER": "gender"}
    optional = {roles[attribute] for attribute in settings.engine.attributes}
    needed += [spec for spec in manifest.values() if spec.role in optional]
    checks = []
    for spec in needed:
        status = weights.status(spec)
        finding = status.place.value if status.ok else status.problem or "not on this machine"
        if not status.ok:
            finding += f"; `faceplate models pull {spec.name}` gets it"
        checks.append({"name": f"model {spec.model}", "ok": status.ok, "finding": finding})
    if choice.why:
        checks.append({"name": "model choice", "ok": True, "finding": choice.why})
    return checks


def _language_models(settings: Settings) -> list[str]:
    """Name the models that the settings want of providers."""
    from faceplate.bootstrap.text import settings_providers

    return [provider.model for provider in settings_providers(settings)]


def _parts(target: Target, *, wanted: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Ask the running server, or an application built for it, how each part is.

    Language models that are ``wanted`` are looked for in what the providers list.
    """
    try:
        health, listed = asyncio.run(_ask(target, listing=bool(wanted)))
    except FaceplateError as exc:
        return [{"name": "service", "ok": False, "finding": exc.message, "code": exc.code}]
    checks = [
        {
            "name": f"part {name}",
            "ok": part["ok"],
            "finding": part.get("message") or f"answers in {part['duration_ms']:.1f} ms",
        }
        for name, part in health["parts"].items()
    ]
    return checks + [
        {
            "name": f"language model {name}",
            "ok": name in listed,
            "finding": "the provider lists it"
            if name in listed
            else "no provider lists it; FACEPLATE_CHAT__MODEL names another",
        }
        for name in wanted
    ]


async def _ask(target: Target, *, listing: bool) -> tuple[Any, set[str]]:
    transport = connect(target)
    try:
        api = Api(transport)
        models = (await api.get("/v1/models"))["data"] if listing else ()
        return await api.health(), {model["id"] for model in models}
    finally:
        await transport.close()


def _repair(settings: Settings) -> str:
    from faceplate import bootstrap

    try:
        application = bootstrap.build(settings)
    except DataFolderInUse as exc:
        raise DataFolderInUse("The server must be stopped for this; it sweeps at start.") from exc
    try:
        if application.repair is None:
            return f"files_removed: {application.keeper.sweep()}"
        done = application.repair()
        return ", ".join(f"{kind}: {count}" for kind, count in done.items()) or "nothing to mend"
    finally:
        application.close()


def _print(report: dict[str, Any]) -> None:
    rows = [
        ["ok" if one["ok"] else "WRONG", one["name"], one["finding"]] for one in report["checks"]
    ]
    print_table(["", "check", "finding"], rows)
    if not report["settings"]:
        return
    print_table(
        ["setting", "value", "from", "meaning"],
        [
            [row["setting"], row["value"], row["source"], row["meaning"]]
            for row in report["settings"]
        ],
    )
