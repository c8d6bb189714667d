"""`faceplate people`: several faces, one person."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from faceplate.cli.api import encode_id
from faceplate.cli.options import MetadataOption, parse_metadata
from faceplate.cli.output import note, print_list, print_members, print_proof, print_table
from faceplate.cli.verb import AllOption, LimitOption, Session, TokenOption, verb
from faceplate.domain.errors import InvalidParameter

app = typer.Typer(no_args_is_help=True)

PersonId = Annotated[str, typer.Argument(metavar="PERSON_ID", help="The person's person_id.")]
FaceIds = Annotated[list[str], typer.Argument(metavar="FACE_ID…", help="FaceIds, up to 100.")]
PurposeOption = Annotated[
    str | None, typer.Option("--purpose", help="What the person consented to.")
]
GivenOption = Annotated[
    str | None, typer.Option("--given-on", metavar="DATE", help="Day of the consent; today.")
]
ExpiresOption = Annotated[
    str | None,
    typer.Option("--expires-on", metavar="DATE", help="Last day; the person is erased after it."),
]


@verb(app, "list", collection=True)
async def list_people(
    session: Session,
    limit: LimitOption = 100,
    next_token: TokenOption = None,
    everything: AllOption = False,
) -> None:
    """List people by id."""
    page = await session.page(
        "/v1/people", "people", limit=limit, token=next_token, everything=everything
    )
    columns = {
        "person_id": "person_id",
        "name": "name",
        "faces": "face_count",
        "consent for": "consent.purpose",
        "until": "consent.expires_on",
    }
    session.show(
        page, lambda found: print_list(found, "people", columns, nothing="There are no people.")
    )


@verb(app, "show", collection=True)
async def show(session: Session, person_id: PersonId) -> None:
    """Show one person."""
    session.show(await session.api.get(_path(person_id)), print_members)


@verb(app, "create", collection=True)
async def create(
    session: Session,
    *,
    name: Annotated[str, typer.Argument(help="The person's name.")],
    person_id: Annotated[
        str | None, typer.Option("--person-id", help="An id of your own; else one is made.")
    ] = None,
    metadata: MetadataOption = None,
    purpose: PurposeOption = None,
    given_on: GivenOption = None,
    expires_on: ExpiresOption = None,
) -> None:
    """Make a person, with consent when it was given."""
    body = {
        "name": name,
        "person_id": person_id,
        "metadata": parse_metadata(metadata) or None,
        "consent": _consent(purpose, given_on, expires_on),
    }
    given = {member: value for member, value in body.items() if value is not None}
    session.show(await session.api.post("/v1/people", given), print_members)


@verb(app, "update", collection=True)
async def update(
    session: Session,
    *,
    person_id: PersonId,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    metadata: MetadataOption = None,
    purpose: PurposeOption = None,
    given_on: GivenOption = None,
    expires_on: ExpiresOption = None,
    withdraw_consent: Annotated[
        bool, typer.Option("--withdraw-consent", help="Forget the consent; erases nobody.")
    ] = False,
) -> None:
    """Change a person's name, metadata or consent."""
    body: dict[str, Any] = {}
    if name is not None:
        body["name"] = name
    if metadata:
        body["metadata"] = parse_metadata(metadata)
    consent = _consent(purpose, given_on, expires_on)
    if consent is not None or withdraw_consent:
        body["consent"] = consent
    if not body:
        raise InvalidParameter("Say what to change; see --help.", parameter="name")
    session.show(await session.api.send_json("PATCH", _path(person_id), body), print_members)


@verb(app, "assign", collection=True)
async def assign(
    session: Session,
    person_id: PersonId,
    face_ids: FaceIds,
    reassign: Annotated[
        bool, typer.Option("--reassign", help="Take the faces from whom they belong to.")
    ] = False,
    min_similarity: Annotated[
        float,
        typer.Option("--min-similarity", min=0, max=100, help="Refuse faces less alike."),
    ] = 0,
) -> None:
    """Give faces to a person."""
    body = {"face_ids": face_ids, "reassign": reassign, "min_similarity": min_similarity}
    outcome = await session.api.send_json("PUT", f"{_path(person_id)}/faces", body)
    session.show(outcome, lambda found: _print_outcome(found, "associated"))


@verb(app, "unassign", collection=True)
async def unassign(session: Session, person_id: PersonId, face_ids: FaceIds) -> None:
    """Take faces from a person; the faces stay."""
    whole: dict[str, Any] = {"disassociated": [], "failed": []}
    for face_id in face_ids:
        outcome = await session.api.delete(f"{_path(person_id)}/faces/{encode_id(face_id)}")
        for member, found in whole.items():
            found.extend(outcome[member])
    session.show(whole, lambda found: _print_outcome(found, "disassociated"))


@verb(app, "merge", collection=True)
async def merge(
    session: Session,
    into: Annotated[str, typer.Argument(metavar="PERSON_ID", help="The one that stays.")],
    others: Annotated[
        list[str], typer.Argument(metavar="OTHER…", help="Those whose faces it gets.")
    ],
) -> None:
    """Give all faces of other people to one person, and delete the others."""
    session.show(await session.api.post(f"{_path(into)}/merge", {"from": others}), print_members)


@verb(app, "erase", collection=True)
async def erase(
    session: Session,
    person_id: PersonId,
    keep_faces: Annotated[
        bool, typer.Option("--keep-faces", help="Only forget the person; the faces stay, unnamed.")
    ] = False,
) -> None:
    """Erase a person: name, consent, faces, vectors and pictures. The answer proves it."""
    proof = await session.api.delete(_path(person_id), keep_faces=keep_faces or None)
    session.show(proof, print_proof)


@verb(app, "purge-expired")
async def purge_expired(
    session: Session,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
) -> None:
    """Erase everyone whose consent has run out, in every collection; a server does so by itself."""
    counts = await session.api.post("/v1/people/purge-expired", {"dry_run": dry_run})
    session.show(counts, print_members)


def _path(person_id: str) -> str:
    return f"/v1/people/{encode_id(person_id)}"


def _consent(
    purpose: str | None, given_on: str | None, expires_on: str | None
) -> dict[str, str] | None:
    if purpose is None:
        if given_on or expires_on:
            raise InvalidParameter("Consent needs its --purpose.", parameter="purpose")
        return None
    consent = {"purpose": purpose, "given_on": given_on, "expires_on": expires_on}
    return {member: value for member, value in consent.items() if value is not None}


def _print_outcome(outcome: dict[str, Any], done: str) -> None:
    print_table([done], [[face_id] for face_id in outcome[done]])
    for failure in outcome["failed"]:
        note(f"Not {done}: {failure['FaceId']} ({failure['Reason']})")
