"""`faceplate models`: the weights of the models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faceplate.cli.connect import read_settings
from faceplate.cli.language_models import (
    describe_language_models,
    locate,
    open_language_models,
    pull_language_model,
)
from faceplate.cli.output import console, note, print_json, print_table, say
from faceplate.cli.verb import JsonOption, plain_verb
from faceplate.domain.errors import ModelUnavailable, NotFound

if TYPE_CHECKING:
    from faceplate.adapters.onnx.manifest import ModelSpec
    from faceplate.adapters.onnx.weights import Weights
    from faceplate.ports.artifacts import Progress

app = typer.Typer(no_args_is_help=True)


@plain_verb(app, "list")
def list_models(as_json: JsonOption = False) -> None:
    """List the models: what each is for, its licence, its measured accuracy, where its file is."""
    manifest, weights = open_weights()
    rows = [describe_model(spec, weights) for spec in manifest.values()]
    rows += describe_language_models(open_language_models())
    if as_json:
        print_json({"models": rows, "next_token": None})
        return
    columns = ["model", "role", "default", "licence", "MB", "LFW %", "file"]
    print_table(
        columns,
        [
            [
                row["model"],
                row["role"],
                "yes" if row["default"] else "",
                row["licence"],
                row["size_bytes"] / 1e6,
                row["accuracy"].get("default", {}).get("lfw_pct"),
                row["problem"] or (row["place"] if row["ok"] else "not pulled"),
            ]
            for row in rows
        ],
    )


@plain_verb(app, "pull")
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME…]", help="Models; default: the defaults.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing when all is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Get the weights that are missing, and check their sha256.

    The defaults are those for faces. A language model, 1.1 GB, is fetched by its name, or by the
    server when it is first needed. What a broken-off download left is gone on from.
    """
    manifest, weights = open_weights()
    languages = open_language_models()
    origins: dict[str, str] = {}
    with bars(quiet=quiet) as progress:
        if names:
            for name in names:
                model = languages.manifest.get(name)
                if model is None:
                    spec = _find(manifest, name, also=languages.manifest)
                    origins |= weights.pull([spec], progress)
                else:
                    origins[name] = pull_language_model(languages, model, progress)
        else:
            origins = _pull_defaults(manifest, weights, progress)
    if as_json:
        print_json({"pulled": origins})
    elif not quiet:
        print_table(["model", "from"], origins.items())


@plain_verb(app, "path")
def path(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A model; default: the folder.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print where weights are kept, or where the file of one model is."""
    found: Path | None = read_settings().models_dir
    if name is not None:
        manifest, weights = open_weights()
        languages = open_language_models()
        if name in languages.manifest:
            found, _ = locate(languages.manifest[name], languages)
        else:
            found = weights.status(_find(manifest, name, also=languages.manifest)).path
        if found is None:
            raise ModelUnavailable(
                f"The weights of {name} are not on this machine. "
                f"Get them with `faceplate models pull {name}`."
            )
    if as_json:
        print_json({"path": str(found)})
    else:
        say(str(found))


def open_weights() -> tuple[Mapping[str, ModelSpec], Weights]:
    """Return the manifest and the store of weights that the settings name."""
    from faceplate import bootstrap
    from faceplate.adapters.onnx.manifest import load_manifest

    settings = read_settings()
    return load_manifest(settings.engine.manifest), bootstrap.weights(settings)


def describe_model(spec: ModelSpec, weights: Weights) -> dict[str, Any]:
    """Return what the manifest says of a model and where its weights are."""
    status = weights.status(spec)
    return {
        "name": spec.name,
        "model": spec.model,
        "role": spec.role,
        "default": spec.default,
        "licence": spec.licence,
        "licence_url": spec.licence_url,
        "size_bytes": spec.size_bytes,
        "sha256": spec.sha256,
        "accuracy": {
            mode: {
                "lfw_pct": row.lfw_pct,
                "tar_at_far_1e3_pct": row.tar_at_far_1e3_pct,
                "tar_at_far_1e4_pct": row.tar_at_far_1e4_pct,
                "tar_at_far_1e5_pct": row.tar_at_far_1e5_pct,
            }
            for mode, row in spec.accuracy.items()
        },
        "place": status.place.value,
        "path": None if status.path is None else str(status.path),
        "ok": status.ok,
        "problem": status.problem,
    }


def _pull_defaults(
    manifest: Mapping[str, ModelSpec], weights: Weights, progress: Progress | None
) -> dict[str, str]:
    """Pull the default models; where no default embedding can be had, a fallback stands in."""
    origins: dict[str, str] = {}
    for spec in [spec for spec in manifest.values() if spec.default]:
        try:
            origins |= weights.pull([spec], progress)
        except ModelUnavailable as exc:
            spare = [one for one in manifest.values() if one.fallback and one.role == spec.role]
            if not spare:
                raise
            note(f"{exc.message} Trying {spare[0].model} in its place.")
            origins |= weights.pull(spare[:1], progress)
    return origins


def _find(manifest: Mapping[str, ModelSpec], name: str, *, also: Iterable[str]) -> ModelSpec:
    for spec in manifest.values():
        if name in (spec.name, spec.model):
            return spec
    raise NotFound(
        f"There is no model {name}; there are: {', '.join([*manifest, *also])}.",
        code="model_not_found",
    )


@contextmanager
def bars(*, quiet: bool) -> Iterator[Progress | None]:
    """Show a bar for every download on a terminal, a line for every source tried elsewhere."""
    if not console(stderr=True).is_terminal:
        yield None if quiet else _line
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[source]}"),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        tasks: dict[str, Any] = {}

        def show(name: str, source: str, done_bytes: int, total_bytes: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total_bytes, source=source)
            progress.update(tasks[name], completed=done_bytes, source=source)

        yield show


def _line(name: str, source: str, done_bytes: int, _total_bytes: int) -> None:
    if done_bytes == 0:
        note(f"{name}: asking {source}")
