"""`faceplate info`, `faceplate openapi`: what the service is."""

from __future__ import annotations

from typing import Any

import typer

from faceplate.cli.output import print_json, print_members, print_table
from faceplate.cli.verb import Session, verb


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verb(app, "info")(info)
    verb(app, "openapi")(openapi)


async def info(session: Session) -> None:
    """Show version, model, settings (secrets masked) and how much is kept."""
    session.show(await session.api.get("/v1/info"), _print_info)


async def openapi(session: Session) -> None:
    """Print the description of the REST API as OpenAPI JSON."""
    print_json(await session.api.get("/openapi.json"))


def _print_info(found: dict[str, Any]) -> None:
    settings = found.pop("settings", [])
    presets = found.pop("presets", {})
    print_members(found)
    print_table(
        ["preset", "min_similarity", "meaning"],
        [[name, preset["min_similarity"], preset["meaning"]] for name, preset in presets.items()],
    )
    print_table(
        ["setting", "value", "from"],
        [[row["setting"], row["value"], row["source"]] for row in settings],
    )
