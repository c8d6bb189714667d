"""What people and programs read: tables or JSON on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from faceplate.cli.standard_streams import silence

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH_CHARS = 1000
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character; Python's stand-in for a byte of a file's name that is no UTF-8."""


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
    """Print one line on stderr, if it can be printed."""
    try:
        _write(sys.stderr, text + "\n")
    except OSError:
        silence(sys.stderr)


def write_piece(text: str) -> None:
    """Print a piece of text on stdout at once; of control characters, new lines and tabs remain."""
    kept = "".join(
        char if char in "\n\t" or char.isprintable() else char.encode("unicode_escape").decode()
        for char in text
    )
    _write(sys.stdout, kept)


def print_json(document: object) -> None:
    """Print a document as JSON on stdout; what is no Unicode text in it is spelled out."""
    text = _spell_out(json.dumps(document, indent=2, ensure_ascii=False), "\\\\")
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=2)
    _write(sys.stdout, text + "\n")


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
    text = _spell_out(text)
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _spell_out(text: str, backslash: str = "\\") -> str:
    r"""Spell out what is no Unicode text: a byte of a file's name as ``\xff``."""

    def spell(found: re.Match[str]) -> str:
        number = ord(found[0])
        is_byte = 0xDC80 <= number <= 0xDCFF
        return backslash + (f"x{number - 0xDC00:02x}" if is_byte else f"u{number:04x}")

    return _SURROGATE.sub(spell, text)


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
    """Write whatever the stream's encoding allows; the rest is escaped."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(_spell_out(text).encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
