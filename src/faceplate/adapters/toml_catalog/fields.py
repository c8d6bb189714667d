"""Taking typed values out of a file's tables; every problem knows its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from faceplate.adapters.toml_catalog.lines import Path, line_of


class FileProblem(Exception):
    """What is wrong with a file, and on which line (1-based, 0 for the whole file)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class Fields:
    """Take keys out of a table one by one; `finish` refuses what nobody asked for."""

    def __init__(self, table: object, lines: dict[Path, int], path: Path = ()) -> None:
        self._lines = lines
        self._path = path
        if not isinstance(table, Mapping):
            raise self.problem("a table is expected here")
        self._rest = dict(table)

    def line(self, *keys: str | int) -> int:
        """Return the line of a key of this table."""
        return line_of(self._lines, (*self._path, *keys))

    def problem(self, message: str, *keys: str | int) -> FileProblem:
        """Make the problem that says what is wrong at a key of this table."""
        return FileProblem(self.line(*keys), message)

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text; one without a default may not be empty."""
        value = self._take(key, str, "a text", default)
        if default is None and not value.strip():
            raise self.problem(f'"{key}" is empty', key)
        return str(value)

    def one_of(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """Take a text that is one of ``choices``."""
        value = self.text(key, default)
        if value not in choices:
            raise self.problem(f'"{key}" must be one of {", ".join(choices)}', key)
        return value

    def integer(self, key: str, default: int | None = None, *, least: int, most: int) -> int:
        """Take a whole number from ``least`` to ``most``."""
        value = self._take(key, int, "a whole number", default)
        if not least <= value <= most:
            raise self.problem(f'"{key}" must be from {least} to {most}', key)
        return int(value)

    def number(self, key: str, *, least: float, most: float) -> float:
        """Take a number from ``least`` to ``most``."""
        value = self._take(key, (int, float), "a number", None)
        if not least <= value <= most:
            raise self.problem(f'"{key}" must be from {least:g} to {most:g}', key)
        return float(value)

    def optional_number(self, key: str) -> float | None:
        """Take a number that may be missing."""
        return float(self._take(key, (int, float), "a number", None)) if key in self._rest else None

    def flag(self, key: str, *, default: bool) -> bool:
        """Take true or false."""
        return bool(self._take(key, bool, "true or false", default))

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of texts, which may be missing."""
        values = self._take(key, list, "a list of texts", [])
        if not all(isinstance(one, str) for one in values):
            raise self.problem(f'"{key}" must be a list of texts', key)
        return tuple(values)

    def mapping(self, key: str) -> dict[str, Any]:
        """Take a table of anything, which may be missing."""
        return dict(self._take(key, Mapping, "a table", {}))

    def tables(self, key: str) -> list[Fields]:
        """Take a list of tables, which may be missing."""
        values = self._take(key, list, "a list of tables", [])
        return [
            Fields(one, self._lines, (*self._path, key, place)) for place, one in enumerate(values)
        ]

    def anything(self, key: str) -> Any:
        """Take a value of whatever type.

        Raises:
            FileProblem: It is missing.
        """
        return self._take(key, object, "given", None)

    def rest(self) -> dict[str, Any]:
        """Take everything that is left."""
        rest, self._rest = self._rest, {}
        return rest

    def __contains__(self, key: str) -> bool:
        return key in self._rest

    def finish(self) -> None:
        """Refuse keys that were never taken.

        Raises:
            FileProblem: Names the first of them.
        """
        for key in self._rest:
            raise self.problem(f'unknown key "{key}"', key)

    def _take(self, key: str, kind: type | tuple[type, ...], wanted: str, default: object) -> Any:
        if key not in self._rest:
            if default is None:
                raise self.problem(f'"{key}" is missing')
            return default
        value = self._rest.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind not in (bool, object)):
            raise self.problem(f'"{key}" must be {wanted}', key)
        return value
