"""Reading a table that a person wrote, and refusing whatever was not expected in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from faceplate.domain.errors import Misconfigured

_Value = TypeVar("_Value")


class StrictTable:
    """Take keys out of a table one by one; `finish` refuses what nobody asked for.

    ``origin`` names the file and the entry in every message, as in ``models.toml, [models.x]``.
    """

    def __init__(self, table: object, origin: str) -> None:
        if not isinstance(table, Mapping):
            raise Misconfigured(f"{origin}: a table is expected here.", code="manifest_invalid")
        self._rest: dict[str, object] = {str(key): value for key, value in table.items()}
        self.origin = origin

    def __contains__(self, key: str) -> bool:
        return key in self._rest

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text that is not empty."""
        value = self._take(key, str, "a text", default)
        if not value and default is None:
            raise self.problem(f'"{key}" is empty')
        return value

    def one_of(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """Take a text that is one of ``choices``."""
        value = self.text(key, default)
        if value not in choices:
            raise self.problem(f'"{key}" must be one of {", ".join(choices)}')
        return value

    def integer(self, key: str) -> int:
        """Take a whole number above 0."""
        value: int = self._take(key, int, "a whole number", None)
        if value <= 0:
            raise self.problem(f'"{key}" must be above 0')
        return value

    def number(self, key: str) -> float:
        """Take any number."""
        return float(self._take(key, (int, float), "a number", None))

    def numbers(self, key: str) -> tuple[float, ...]:
        """Take a list of numbers."""
        values = self._take(key, list, "a list of numbers", None)
        if not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in values):
            raise self.problem(f'"{key}" must be a list of numbers')
        return tuple(float(one) for one in values)

    def flag(self, key: str, *, default: bool) -> bool:
        """Take true or false."""
        value: bool = self._take(key, bool, "true or false", default)
        return value

    def table(self, key: str) -> StrictTable:
        """Take a table inside this one; its own `finish` is the caller's business."""
        return StrictTable(self._take(key, object, "a table", None), f"{self.origin}, {key}")

    def tables(self, key: str) -> list[StrictTable]:
        """Take a list of tables, which may be missing."""
        values = self._take(key, list, "a list of tables", [])
        return [
            StrictTable(one, f"{self.origin}, {key} {place}") for place, one in enumerate(values, 1)
        ]

    def holds_list(self, key: str) -> bool:
        """Tell whether the value of a key is a list, for keys that may be one thing or several."""
        return isinstance(self._rest.get(key), list)

    def keys(self) -> list[str]:
        """List the keys nobody has taken yet, in the order they were written."""
        return list(self._rest)

    def finish(self) -> None:
        """Refuse keys that were never taken.

        Raises:
            Misconfigured: Names them.
        """
        if self._rest:
            names = ", ".join(f'"{name}"' for name in self._rest)
            raise self.problem(f"unknown key {names}")

    def problem(self, text: str) -> Misconfigured:
        """Make the error that says what is wrong, and where."""
        return Misconfigured(f"{self.origin}: {text}.", code="manifest_invalid")

    def _take(
        self,
        key: str,
        kind: type[_Value] | tuple[type, ...],
        wanted: str,
        default: object,
    ) -> _Value:
        if key not in self._rest:
            if default is None:
                raise self.problem(f'"{key}" is missing')
            return default  # type: ignore[return-value]  # every default has the key's own type
        value = self._rest.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.problem(f'"{key}" must be {wanted}')
        return value  # type: ignore[return-value]  # isinstance with a union of types
