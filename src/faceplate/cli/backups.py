"""`faceplate backup`, `faceplate restore`: everything, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from faceplate.cli.output import say
from faceplate.cli.verb import Session, verb
from faceplate.domain.errors import InvalidParameter


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "backup")(backup)
    verb(app, "restore")(restore)


async def backup(
    session: Session,
    file: Annotated[Path, typer.Argument(help="The new file, on the server's machine.")],
) -> None:
    """Write everything (records, vectors, pictures) to one file, while the server runs.

    API keys are not part of it.
    """
    done = await session.api.post("/v1/backups", {"path": str(file.absolute())})
    session.show(
        done, lambda _: say(f"Wrote {file}: {done['images']} images, {done['bytes']:,} bytes.")
    )


async def restore(
    session: Session,
    file: Annotated[Path, typer.Argument(help="A file of `faceplate backup`.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Yes, replace everything there is now.")
    ] = False,
) -> None:
    """Replace everything by a backup."""
    if not yes:
        raise InvalidParameter(
            "This replaces everything that is kept now; say --yes if that is meant.",
            parameter="yes",
        )
    done = await session.api.post("/v1/restore", {"path": str(file.absolute())})
    session.show(
        done, lambda _: say(f"Restored {done['images']} images; swept {done['swept']} leftovers.")
    )
