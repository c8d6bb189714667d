"""The command `faceplate`: wires the verbs and turns errors into one sentence and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from typing import Annotated

import typer

from faceplate import __version__
from faceplate.cli import (
    apps,
    audit,
    backups,
    demo,
    doctor,
    faces,
    images,
    index,
    info,
    keys,
    models,
    package,
    people,
    search,
    serve,
    uploads,
)
from faceplate.cli.exits import EXIT_CODES, describe_exit_codes, exit_code
from faceplate.cli.output import note, printable
from faceplate.cli.standard_streams import WatchedOutput, watch_output
from faceplate.domain.errors import FaceplateError, StorageFailed

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Exit codes: {describe_exit_codes()}.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"faceplate {__version__}")
        raise typer.Exit


@app.callback()
def faceplate(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Recognise faces with everything on this machine, or on a server you name with --url."""


for module in (serve, index, search):
    module.register(app)
app.add_typer(faces.app, name="faces", help="The faces that are kept.")
app.add_typer(people.app, name="people", help="Several faces, one person; consent and erasure.")
app.add_typer(images.app, name="images", help="The pictures that are kept.")
app.add_typer(keys.app, name="keys", help="Who may call the server.")
app.add_typer(uploads.app, name="uploads", help="Addresses that take one picture without a key.")
app.add_typer(apps.app, name="apps", help="Prompt applications: every OpenAI example.")
app.add_typer(models.app, name="models", help="The weights of the models.")
app.add_typer(audit.app, name="audit", help="What was erased.")
for module in (demo, doctor, info, backups, package):
    module.register(app)


def main() -> None:
    """Run the command line; never a traceback, except in debug mode."""
    output = watch_output()
    code = _run(output)
    trouble = output.finish()
    if trouble is not None and trouble.errno != errno.EPIPE:
        note(f"Error: The output cannot be written: {trouble.strerror}. [output_unwritable]")
        code = EXIT_CODES[StorageFailed]
    sys.exit(code)


def _run(output: WatchedOutput) -> int:
    try:
        app(prog_name="faceplate")
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except FaceplateError as exc:
        note(f"Error: {printable(exc.message)} [{exc.code}]")
        return exit_code(exc)
    except Exception as exc:  # noqa: BLE001 -- the last net: people get a sentence, not a traceback
        if os.environ.get("FACEPLATE_DEBUG_MODE", "").lower() in {"1", "true", "yes", "on"}:
            traceback.print_exc()
        if output.trouble is None:
            note(
                f"Error: something unexpected went wrong ({type(exc).__name__}); "
                "FACEPLATE_DEBUG_MODE=true shows where. [internal_error]"
            )
        return EXIT_CODES[FaceplateError]
    return 0


if __name__ == "__main__":
    main()
