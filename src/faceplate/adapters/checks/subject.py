"""What a check looks at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from faceplate.domain.prompt_parameters import ParameterValue

_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)((?:\[\])*)")
_FENCED = re.compile(r"```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Subject:
    """The part of an answer under check, and everything it may be compared with.

    ``values`` are what stands at the check's path; for a text answer, the text alone.
    """

    values: tuple[Any, ...]
    text: str
    result: Mapping[str, Any] | None
    input_text: str
    parameters: Mapping[str, ParameterValue]

    @property
    def texts(self) -> tuple[str, ...]:
        """The values that are text; what is no text, or null, is left out."""
        return tuple(one for one in self.values if isinstance(one, str))

    def at(self, path: str) -> tuple[Any, ...]:
        """Return the values at another path of the typed result."""
        return () if self.result is None else tuple(walk(self.result, path))


def path_problem(path: str) -> str | None:
    """Return what is wrong with a path, or None."""
    if all(_STEP.fullmatch(step) for step in path.split(".")):
        return None
    return f'the path "{path}" is not of the form field.list[].field'


def walk(value: object, path: str) -> Iterator[Any]:
    """Yield every value at a path such as ``steps[].road``; missing fields yield nothing."""
    head, _, rest = path.partition(".")
    step = _STEP.fullmatch(head)
    if step is None or not isinstance(value, Mapping) or step[1] not in value:
        return
    found = [value[step[1]]]
    for _ in range(len(step[2]) // 2):
        found = [one for many in found if isinstance(many, list) for one in many]
    for one in found:
        if rest:
            yield from walk(one, rest)
        else:
            yield one


def code_of(text: str) -> str:
    """Return the code in a text: its fenced blocks when it has any, else all of it."""
    blocks = _FENCED.findall(text)
    return "\n".join(blocks) if blocks else text


def folded(text: str) -> str:
    """Return a text for comparing: lower case, single spaces, straight quotes."""
    straight = text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0xA0: " "})
    return _SPACES.sub(" ", straight).strip().casefold()


def shown(value: object) -> str:
    """Return a value in quotes, cut to a bearable length, for a check's detail."""
    text = str(value)
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'
