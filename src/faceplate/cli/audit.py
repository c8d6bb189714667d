"""`faceplate audit`: what was erased, without personal data."""

from __future__ import annotations

import typer

from faceplate.cli.output import print_list
from faceplate.cli.verb import AllOption, LimitOption, Session, TokenOption, verb

app = typer.Typer(no_args_is_help=True)


@verb(app, "list")
async def list_entries(
    session: Session,
    limit: LimitOption = 100,
    next_token: TokenOption = None,
    everything: AllOption = False,
) -> None:
    """List the audit log, oldest first."""
    page = await session.page(
        "/v1/audit", "entries", limit=limit, token=next_token, everything=everything
    )
    columns = {"at": "at", "action": "action", "by": "actor", "of": "subject", "counts": "counts"}
    session.show(
        page,
        lambda found: print_list(found, "entries", columns, nothing="The audit log is empty."),
    )


# Two commands in the group keep Typer from folding `audit list` into `audit`.
@app.callback()
def audit() -> None:
    """What was erased, when and by whom; counts and digests, no personal data."""
