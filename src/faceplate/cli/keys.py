"""`faceplate keys`: who may call the server."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from faceplate.cli.api import encode_id
from faceplate.cli.output import print_list, print_members, say
from faceplate.cli.verb import Session, verb
from faceplate.domain.errors import InvalidParameter
from faceplate.domain.keys import KeyKind, KeyScope

app = typer.Typer(no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="The key's key_id.")]


@verb(app, "list")
async def list_keys(session: Session) -> None:
    """List keys, revoked ones too; secrets are never shown again."""
    columns = {
        "key_id": "key_id",
        "name": "name",
        "kind": "kind",
        "scope": "scope",
        "made": "created_at",
        "revoked": "revoked_at",
        "used today": "used_today",
    }
    session.show(
        await session.api.get("/v1/keys"),
        lambda page: print_list(page, "keys", columns, nothing="There are no keys."),
    )


@verb(app, "create")
async def create(
    session: Session,
    *,
    name: Annotated[
        str | None, typer.Argument(help="What the key is for; an AWS access key may do without.")
    ] = None,
    aws: Annotated[
        bool,
        typer.Option("--aws", help="An AWS access key, for programs made for Amazon Rekognition."),
    ] = False,
    scope: Annotated[
        KeyScope | None,
        typer.Option(
            "--scope",
            help="What it may do; each includes those before it.",
            show_default="admin; with --aws: write",
        ),
    ] = None,
    collection_prefix: Annotated[
        str | None,
        typer.Option(
            "--collection-prefix", help="With --aws: collections whose id begins so, and no others."
        ),
    ] = None,
    rate_rps: Annotated[
        float | None, typer.Option("--rate-rps", min=0.001, help="Requests a second.")
    ] = None,
    burst: Annotated[
        int | None, typer.Option("--burst", min=1, help="Requests that may come at once.")
    ] = None,
    daily_quota: Annotated[
        int | None, typer.Option("--daily-quota", min=1, help="Requests a day (UTC).")
    ] = None,
    daily_tokens: Annotated[
        int | None,
        typer.Option("--daily-tokens", min=1, help="Tokens of language models a day (UTC)."),
    ] = None,
) -> None:
    """Make a key; its secret is shown this once."""
    if name is None and not aws:
        raise InvalidParameter("Say what the key is for: NAME.", parameter="name")
    body = {
        "name": name or "aws",
        "kind": (KeyKind.AWS if aws else KeyKind.API).value,
        "scope": None if scope is None else scope.value,
        "collection_prefix": collection_prefix,
        "rate_rps": rate_rps,
        "burst": burst,
        "daily_quota": daily_quota,
        "daily_tokens": daily_tokens,
    }
    given = {member: value for member, value in body.items() if value is not None}
    session.show(await session.api.post("/v1/keys", given), _print_secret)


@verb(app, "revoke")
async def revoke(session: Session, key_id: KeyId) -> None:
    """Make a key useless from the next request on."""
    session.show(await session.api.delete(f"/v1/keys/{encode_id(key_id)}"), print_members)


@verb(app, "rotate")
async def rotate(session: Session, key_id: KeyId) -> None:
    """Make a new key with the same name, rights and limits, and revoke the old one."""
    session.show(await session.api.post(f"/v1/keys/{encode_id(key_id)}/rotate"), _print_secret)


def _print_secret(key: dict[str, Any]) -> None:
    secrets = {"secret", "access_key_id", "secret_access_key"}
    print_members({name: value for name, value in key.items() if name not in secrets})
    if "secret_access_key" in key:
        say(f"AWS_ACCESS_KEY_ID={key['access_key_id']}")
        say(f"AWS_SECRET_ACCESS_KEY={key['secret_access_key']}")
        say("The secret is shown only now.")
    else:
        say(f"API key (shown only now): {key['secret']}")
