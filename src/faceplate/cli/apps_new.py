"""`faceplate apps new`: begin an application of one's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from faceplate.cli.connect import read_settings
from faceplate.cli.output import print_json, say
from faceplate.cli.verb import JsonOption, plain_verb
from faceplate.domain.errors import Conflict, InvalidParameter, Misconfigured, StorageFailed

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TEMPLATE = '''\
# An application of your own. It is there as soon as this file is saved: `faceplate apps list`.
slug = "{slug}"
title = "{title}"
summary = "What it does, in one sentence."
category = "transform"
source_url = "https://example.com/{slug}"
needs = ["json_schema"]
temperature = 0.0
max_tokens = 512
system_prompt = """
Answer in a {{{{tone}}}} tone. Say in one sentence what the text is about.
"""
typed_instructions = """
Instead, answer with a JSON object: "sentence" is that sentence.
"""
result_schema = \'\'\'
{{
  "type": "object",
  "properties": {{"sentence": {{"type": "string"}}}},
  "required": ["sentence"],
  "additionalProperties": false
}}
\'\'\'

[[parameters]]
name = "tone"
type = "choice"
summary = "How it is said."
choices = ["friendly", "formal"]
default = "friendly"

# What `faceplate apps eval {slug}` measures: any good answer to the input has what is expected.
[[samples]]
name = "a short text"
use = "report"
input = "The library opens at nine and closes at six, except on Sundays, when it stays closed."
expect = [
  {{ check = "contains", path = "sentence", all = ["library"] }},
]
'''


def register(app: typer.Typer) -> None:
    """Add the verb."""
    plain_verb(app, "new")(new)


def new(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Its name, as my-app.")],
    folder: Annotated[
        Path | None,
        typer.Option("--dir", help="Where to write it; default: the setting FACEPLATE_APPS_DIR."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a file with a small application that works, for you to change."""
    if not _SLUG.fullmatch(slug) or len(slug) > 64:
        raise InvalidParameter(
            "A slug is of lower-case letters, digits and single hyphens.", parameter="slug"
        )
    place = folder or read_settings().apps_dir
    if place is None:
        raise Misconfigured(
            "Say where: --dir FOLDER, or set FACEPLATE_APPS_DIR to a folder for your applications."
        )
    path = place / f"{slug}.toml"
    text = _TEMPLATE.format(slug=slug, title=slug.replace("-", " ").capitalize())
    try:
        place.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as exc:
        raise Conflict(f"{path} is there already.", code="file_exists") from exc
    except OSError as exc:
        raise StorageFailed(f"{path} cannot be written: {exc.strerror}.") from exc
    if as_json:
        print_json({"slug": slug, "path": str(path)})
    else:
        say(str(path))
