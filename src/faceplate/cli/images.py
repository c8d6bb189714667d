"""`faceplate images`: the pictures that are kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from faceplate.cli.api import encode_key
from faceplate.cli.files import write_new_file
from faceplate.cli.output import note, print_json, print_list, print_members, print_proof
from faceplate.cli.verb import AllOption, LimitOption, Session, TokenOption, verb

app = typer.Typer(no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY", help="The image's key.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", help="The file to write; `-` is stdout.", dir_okay=False, allow_dash=True
    ),
]


@verb(app, "list", collection=True)
async def list_images(
    session: Session,
    limit: LimitOption = 100,
    next_token: TokenOption = None,
    everything: AllOption = False,
) -> None:
    """List stored pictures by key."""
    page = await session.page(
        "/v1/images", "images", limit=limit, token=next_token, everything=everything
    )
    columns = {
        "key": "key",
        "type": "content_type",
        "bytes": "size_bytes",
        "width": "width_px",
        "height": "height_px",
        "warnings": "warnings",
    }
    session.show(
        page, lambda found: print_list(found, "images", columns, nothing="There are no images.")
    )


@verb(app, "get", collection=True)
async def get(session: Session, key: Key, out: Out = None) -> None:
    """Download the original of a picture; with `--json`, show its record instead."""
    path = f"/v1/images/{encode_key(key)}"
    if session.json:
        print_json(await session.api.get(path, info=True))
        return
    answer = await session.api.send("GET", path)
    _deliver(answer.body, out or Path(key).name)


@verb(app, "annotate", collection=True)
async def annotate(session: Session, key: Key, out: Out = None) -> None:
    """Write a picture with a box and a name for every face; with `--json`, list the faces."""
    path = f"/v1/images/{encode_key(key)}"
    if session.json:
        print_json(await session.api.get(f"{path}/faces"))
        return
    answer = await session.api.send("GET", f"{path}/annotated")
    _deliver(answer.body, out or f"{Path(key).stem}.annotated.jpg")


@verb(app, "show", collection=True)
async def show(session: Session, key: Key) -> None:
    """Show the record of a picture."""
    session.show(await session.api.get(f"/v1/images/{encode_key(key)}", info=True), print_members)


@verb(app, "delete", collection=True)
async def delete(session: Session, key: Key) -> None:
    """Delete a picture with its faces, vectors and bytes. The answer proves it."""
    session.show(await session.api.delete(f"/v1/images/{encode_key(key)}"), print_proof)


def _deliver(data: bytes, out: Path | str) -> None:
    if str(out) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    # A key may end in what is no file name; the file is always made in the folder the user is in.
    path = out if isinstance(out, Path) else Path(out or "image")
    write_new_file(path, data)
    note(f"Wrote {path}.")
