"""`faceplate uploads`: addresses that take one picture without a key."""

from __future__ import annotations

from typing import Annotated

import typer

from faceplate.cli.api import encode_id
from faceplate.cli.options import MetadataOption, parse_metadata
from faceplate.cli.output import print_members
from faceplate.cli.verb import Session, verb

app = typer.Typer(no_args_is_help=True)


@verb(app, "create", collection=True)
async def create(
    session: Session,
    filename: Annotated[str, typer.Argument(help="The key the picture will have.")],
    metadata: MetadataOption = None,
) -> None:
    """Make an address that takes one picture, for 15 minutes; whoever has it needs no key."""
    body = {"filename": filename, "metadata": parse_metadata(metadata)}
    session.show(await session.api.post("/v1/uploads", body), print_members)


@verb(app, "status", collection=True)
async def status(
    session: Session,
    upload_id: Annotated[str, typer.Argument(metavar="UPLOAD_ID", help="The upload_id.")],
) -> None:
    """Say whether an upload has arrived."""
    session.show(await session.api.get(f"/v1/uploads/{encode_id(upload_id)}"), print_members)
