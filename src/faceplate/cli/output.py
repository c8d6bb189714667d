"""What people and programs read: tables or JSON on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH_CHARS = 1000


@cache
def console(*, stderr: bool = False) -> Console:
    """Return the console; in a pipe it is so wide that no cell is cut. NO_COLOR is respected."""
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _PIPE_WIDTH_CHARS
    return made


def say(text: str = "") -> None:
    """Print one line on stdout."""
    _write(sys.stdout, text + "\n")


def note(text: str) -> None:
    """Print one line on stderr."""
    _write(sys.stderr, text + "\n")


def write_piece(text: str) -> None:
    """Print a piece of text on stdout at once; of control characters, new lines and tabs remain."""
    kept = "".join(
        char if char in "\n\t" or char.isprintable() else char.encode("unicode_escape").decode()
        for char in text
    )
    _write(sys.stdout, kept)


def print_json(document: object) -> None:
    """Print a document as JSON on stdout."""
    _write(sys.stdout, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None
) -> None:
    """Print a table on stdout; cells are plain text, with whatever moves the cursor escaped."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(_text(cell))) for cell in row))
    console().print(table)


def print_members(document: Mapping[str, Any]) -> None:
    """Print a document's members, one a line."""
    print_table(["member", "value"], document.items())


def print_list(
    page: Mapping[str, Any], plural: str, columns: Mapping[str, str], *, nothing: str
) -> None:
    """Print one page of a list: ``columns`` are heading to member; a dot reaches into a member."""
    items = page[plural]
    if not items:
        note(nothing)
        return
    print_table(
        list(columns), [[_reach(item, path) for path in columns.values()] for item in items]
    )
    if page.get("next_token"):
        note(f"There is more: --next-token {page['next_token']}, or --all.")


def print_proof(proof: Mapping[str, Any]) -> None:
    """Print what was there before a deletion and what is there after it."""
    before, after = proof["before"], proof["after"]
    print_table(
        ["of it", "before", "after"], [[part, before[part], after[part]] for part in before]
    )


def printable(text: str) -> str:
    """Escape what is not printable, so that no name plays tricks on a terminal."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _reach(item: Any, path: str) -> Any:
    for name in path.split("."):
        item = item.get(name) if isinstance(item, Mapping) else None
    return item


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_text(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(inner) for inner in value)
    return str(value)


def _write(stream: Any, text: str) -> None:
    """Write whatever the stream's encoding, and a lone surrogate, allow; the rest is escaped."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
