"""The code blocks of a page, and the marks that say how a test treats them.

A mark is an HTML comment right before a block, so readers never see it:

* ``<!-- not run: REASON -->``: it cannot run here; the reason is printed.
* ``<!-- file: NAME -->``: what the block holds is written to a file of the page's folder.
* ``<!-- set: NAME=COMMAND -->``: a shell variable that the block uses.
* ``<!-- provider says: TEXT -->``: what the language model answers next.
* ``<!-- fails -->``: the last command is expected to fail.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]*)[^\n]*$")
MARK = re.compile(
    r"^ *<!-- (?P<name>not run|file|set|provider says|fails)(?:: (?P<value>.*?))? -->$"
)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: str
    line: int
    language: str
    text: str
    marks: dict[str, list[str]] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def reason(self) -> str | None:
        """Why it is not run, or None."""
        return next(iter(self.marks.get("not run", [])), None)


@dataclass(frozen=True)
class Step:
    """A command of a console block, and what it is said to print."""

    command: str
    expected: tuple[str, ...]


def blocks_of(path: Path, name: str) -> list[Block]:
    """Return the blocks of a page in order."""
    found: list[Block] = []
    marks: dict[str, list[str]] = {}
    lines = path.read_text(encoding="utf-8").splitlines()
    place = 0
    while place < len(lines):
        line = lines[place]
        if mark := MARK.match(line):
            marks.setdefault(mark["name"], []).append(mark["value"] or "")
        elif fence := _FENCE.match(line):
            end = next(at for at in range(place + 1, len(lines)) if lines[at].strip() == "```")
            body = [one.removeprefix(fence["indent"]) for one in lines[place + 1 : end]]
            text = "\n".join(body) + "\n"
            found.append(Block(name, place + 1, fence["language"], text, marks))
            marks, place = {}, end
        elif line.strip():
            marks = {}
        place += 1
    return found


def steps_of(text: str) -> list[Step]:
    """Split a console block into commands, after ``$ ``, and their output."""
    steps: list[tuple[list[str], list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append(([line[2:]], []))
        elif steps and not steps[-1][1] and _goes_on("\n".join(steps[-1][0])):
            steps[-1][0].append(line)
        elif steps and not steps[-1][1] and line.startswith("> "):
            steps[-1][0].append(line[2:])
        elif steps and line.strip():
            steps[-1][1].append(line)
    return [Step("\n".join(command), tuple(expected)) for command, expected in steps]


def _goes_on(command: str) -> bool:
    """Tell whether a command needs another line: a backslash at its end, or an open quote."""
    if command.endswith("\\"):
        return True
    try:
        shlex.split(command)
    except ValueError:
        return True
    return False


def pattern(line: str) -> re.Pattern[str]:
    """Turn a line of output into what a real line must look like.

    Numbers and ids may differ, ``…`` stands for anything, and spaces are as wide as they are.
    """
    pieces = []
    for token in re.split(r"(…|\s+)", line.strip()):
        if token == "…":
            pieces.append(".*")
        elif not token:
            continue
        elif not token.strip():
            pieces.append(r"\s+")
        elif re.fullmatch(r"[0-9a-f]{8,}[0-9a-f_-]*", token):
            pieces.append(r"\S+")
        else:
            parts = re.split(r"((?:p-|fp_)[0-9a-f]{8,}[\w-]*)", token)
            pieces.extend(_word(part) for part in parts)
    return re.compile("".join(pieces).replace(r"\s+.*", r"\s*.*"))


def _word(part: str) -> str:
    """Return what a part of a word may be: an id is another each time, and so is a number."""
    if re.match(r"(?:p-|fp_)[0-9a-f]{8}", part):
        return r"\S+"
    return re.sub(r"[0-9]+(?:(?:\\\.|,)[0-9]+)*", r"[0-9][0-9.,]*", re.escape(part))


def missing_line(expected: tuple[str, ...], printed: str) -> str | None:
    """Return the first expected line that was not printed, in order, or None."""
    lines = iter(printed.splitlines())
    for line in expected:
        wanted = pattern(line)
        if not any(wanted.search(one) for one in lines):
            return line
    return None
