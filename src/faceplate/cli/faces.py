"""`faceplate faces`: the faces that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from faceplate.cli.api import encode_id
from faceplate.cli.output import note, print_list, print_members, print_proof, print_table, say
from faceplate.cli.verb import AllOption, LimitOption, Session, TokenOption, plain_verb, verb

app = typer.Typer(no_args_is_help=True)

FaceId = Annotated[str, typer.Argument(metavar="FACE_ID", help="The face's FaceId.")]


@verb(app, "list", collection=True)
async def list_faces(
    session: Session,
    *,
    image: Annotated[str | None, typer.Option("--image", help="Only of this image key.")] = None,
    person: Annotated[str | None, typer.Option("--person", help="Only of this person_id.")] = None,
    limit: LimitOption = 100,
    next_token: TokenOption = None,
    everything: AllOption = False,
) -> None:
    """List kept faces by FaceId."""
    page = await session.page(
        "/v1/faces",
        "faces",
        limit=limit,
        token=next_token,
        everything=everything,
        image_key=image,
        person_id=person,
    )
    columns = {
        "FaceId": "FaceId",
        "image": "image_key",
        "person": "person_id",
        "confidence": "Confidence",
        "since": "created_at",
    }
    session.show(
        page, lambda found: print_list(found, "faces", columns, nothing="There are no faces.")
    )


@verb(app, "show", collection=True)
async def show(session: Session, face_id: FaceId) -> None:
    """Show one kept face."""
    session.show(await session.api.get(f"/v1/faces/{encode_id(face_id)}"), print_members)


@verb(app, "delete", collection=True)
async def delete(session: Session, face_id: FaceId) -> None:
    """Delete one face with its vector; its picture stays. The answer proves it."""
    session.show(await session.api.delete(f"/v1/faces/{encode_id(face_id)}"), print_proof)


@verb(app, "similar", collection=True)
async def similar(
    session: Session,
    face_id: FaceId,
    limit: Annotated[int, typer.Option("--limit", min=1, max=4096, help="At most so many.")] = 10,
    min_similarity: Annotated[
        str | None, typer.Option("--min-similarity", help="0 to 100, or a preset's name.")
    ] = None,
) -> None:
    """Find kept faces that look like one of them."""
    found = await session.api.get(
        f"/v1/faces/{encode_id(face_id)}/similar", limit=limit, min_similarity=min_similarity
    )
    rows = [
        [match["Face"]["FaceId"], match["Face"].get("ExternalImageId"), match["Similarity"]]
        for match in found["FaceMatches"]
    ]
    session.show(found, lambda _: print_table(["FaceId", "image", "similarity"], rows))


@verb(app, "query", collection=True)
async def query(
    session: Session,
    statement: Annotated[str, typer.Argument(help="One SELECT over the view `faces`.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 100,
) -> None:
    """Ask the records of the faces with one read-only SQL statement."""
    found = await session.api.post("/v1/faces/query", {"query": statement, "limit": limit})
    if session.json:
        session.show(found, print_members)
        return
    print_table(found["columns"], found["rows"])
    if found["truncated"]:
        note("There are more rows: raise --limit or narrow the query.")


@verb(app, "export", collection=True)
async def export(
    session: Session,
    file: Annotated[Path, typer.Argument(help="The new zip file.", dir_okay=False)],
) -> int:
    """Write all pictures, metadata, faces and people to a zip file.

    The file holds no vectors, so it can be imported under another model or mode. It is described
    in its own `manifest.json`. For an exact copy use `faceplate backup`.
    """
    from faceplate.cli.exits import OK, SOME_REFUSED
    from faceplate.cli.faces_export import write_export

    counts = await write_export(session.api, file)
    session.show(counts, lambda _: say(_sentence("Exported", counts)))
    if counts["unreadable"]:
        note("The bytes of some pictures could not be had as they were stored; they are left out.")
    return SOME_REFUSED if counts["unreadable"] else OK


@verb(app, "import", collection=True)
async def import_(
    session: Session,
    file: Annotated[Path, typer.Argument(help="A file of `faces export`.", exists=True)],
) -> int:
    """Index everything of an exported file again, and give the faces back to their people."""
    from faceplate.cli.exits import OK, SOME_REFUSED
    from faceplate.cli.faces_import import read_export

    report = await read_export(session.api, file)
    session.show(report, lambda _: say(_sentence("Imported", report)))
    return SOME_REFUSED if report["refused"] else OK


@plain_verb(app, "migrate")
def migrate(
    collection_id: Annotated[
        str | None, typer.Option("--collection-id", help="The collection; default: the setting.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="The data folder; default: the setting.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Move a collection to the model that is configured now, from its stored pictures.

    FaceIds and people stay. The server must be stopped, for this needs the data folder itself.
    """
    from faceplate.cli.migrate import run_migration

    run_migration(collection_id, data_dir, as_json=as_json)


def _sentence(done: str, counts: dict[str, object]) -> str:
    parts = [f"{value} {name}" for name, value in counts.items() if isinstance(value, int)]
    return f"{done} {', '.join(parts)}."
