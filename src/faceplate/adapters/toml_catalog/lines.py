"""On which line a key of a TOML file stands, which `tomllib` does not tell."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_TABLE = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*([A-Za-z0-9_\-.]+|\"[^\"]*\")\s*=\s*(.*)")
_INLINE_START = re.compile(r"\s*\{")
_QUOTES = ('"""', "'''")


def key_lines(source: str) -> dict[Path, int]:
    """Return the line, 1-based, of every table, key and inline table of a list."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    inside = ""
    listed: Path | None = None
    for number, line in enumerate(source.splitlines(), 1):
        if inside:
            inside = "" if inside in line else inside
            continue
        if listed is not None:
            listed = _follow_list(line, number, listed, counts, lines)
        elif found := _TABLE.fullmatch(line):
            table = _table_path(found[2], many=found[1] == "[[", counts=counts)
            lines.setdefault(table, number)
            continue
        elif found := _KEY.match(line):
            key = (*table, *_split(found[1]))
            lines.setdefault(key, number)
            if found[2].startswith("[") and found[2].count("[") > found[2].count("]"):
                listed = key
        inside = _left_open(line)
    return lines


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of a path, or of the nearest table around it; 0 when there is none."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0


def _follow_list(
    line: str, number: int, listed: Path, counts: dict[Path, int], lines: dict[Path, int]
) -> Path | None:
    if _INLINE_START.match(line):
        place = counts.get(listed, 0)
        counts[listed] = place + 1
        lines[(*listed, place)] = number
    return None if line.strip().startswith("]") else listed


def _table_path(name: str, *, many: bool, counts: dict[Path, int]) -> Path:
    path: Path = ()
    steps = _split(name)
    for place, step in enumerate(steps):
        path = (*path, step)
        last = place == len(steps) - 1
        if last and many:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
    return path


def _split(name: str) -> list[str]:
    if name.startswith('"'):
        return [name.strip('"')]
    return [step.strip().strip('"') for step in name.split(".")]


def _left_open(line: str) -> str:
    for quotes in _QUOTES:
        if line.count(quotes) % 2:
            return quotes
    return ""
