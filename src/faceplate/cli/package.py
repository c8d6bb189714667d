"""`faceplate package`: the zip that AWS Lambda runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from faceplate.cli.output import print_json, say
from faceplate.cli.verb import JsonOption, plain_verb

MANIFEST = "lambda.json"
"""Read by Terraform."""


def register(app: typer.Typer) -> None:
    """Add the verb."""
    plain_verb(app, "package")(package)


def package(
    architecture: Annotated[
        str, typer.Option("--architecture", help="arm64 (cheaper, default) or x86_64.")
    ] = "arm64",
    python: Annotated[
        str | None,
        typer.Option("--python", help="Lambda's Python; default: the best that is here as well."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder to write to.")] = Path("build"),
    source: Annotated[
        Path, typer.Option("--source", help="The checkout to build from; default: this folder.")
    ] = Path(),
    as_json: JsonOption = False,
) -> None:
    """Build the zip of the AWS functions from a checkout: the same bytes every time.

    Packages are those of requirements/lambda.txt, by hash. They are fetched once and kept in
    the folder. What was built is described in lambda.json, which Terraform reads.
    """
    from faceplate.adapters.lambda_zip.build import build_zip
    from faceplate.adapters.lambda_zip.target import choose_target

    built = build_zip(source, out, choose_target(python, architecture))
    manifest = built.manifest()
    (out / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json({**manifest, "path": str(built.path)})
        return
    say(f"{built.path}: {built.zip_bytes / 1e6:.1f} MB, {built.unpacked_bytes / 1e6:.1f} unpacked")
    say(f"Python {built.target.python}, {built.target.architecture}, sha256 {built.sha256.hex()}")
    if not built.has_bytecode:
        say(
            f"Without bytecode: no python{built.target.python} is here to compile it, and cold "
            "starts take about twice as long."
        )
