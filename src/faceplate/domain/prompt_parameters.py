"""The typed parameters of a prompt application: what may be given, and how it is worded."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from faceplate.domain.errors import InvalidParameter

ParameterValue = str | int | float | bool | tuple[str, ...]


class ParameterKind(enum.StrEnum):
    """What kind of value a parameter takes."""

    TEXT = "text"
    TEXTS = "texts"
    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter with its default and its limits.

    ``wording`` says how a value reads in the prompt: the value itself as a key (``true``, ``3``,
    the choice, or the empty text), else the key ``*``, in whose text ``{value}`` stands for the
    value. A value without wording is inserted as it is.
    """

    name: str
    kind: ParameterKind
    summary: str
    default: ParameterValue
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    max_chars: int = 500
    max_items: int = 50
    wording: Mapping[str, str] = field(default_factory=dict)

    def accept(self, value: object) -> ParameterValue:
        """Return a caller's value in the parameter's own type.

        Raises:
            InvalidParameter: Wrong type, not a choice, out of range or too long.
        """
        if self.kind is ParameterKind.FLAG:
            if not isinstance(value, bool):
                raise self._refuse("must be true or false")
            return value
        if self.kind in (ParameterKind.INTEGER, ParameterKind.NUMBER):
            return self._accept_number(value)
        if self.kind is ParameterKind.TEXTS:
            return self._accept_texts(value)
        text = self._accept_text(value)
        if self.kind is ParameterKind.CHOICE and text not in self.choices:
            raise self._refuse(f"must be one of {', '.join(self.choices)}")
        return text

    def read(self, text: str) -> ParameterValue:
        """Return the value that a person typed as text, as in ``--param n=3``.

        Lists are separated by commas.

        Raises:
            InvalidParameter: The text does not stand for a value of this parameter.
        """
        if self.kind is ParameterKind.FLAG:
            return self.accept({"true": True, "false": False}.get(text.strip().lower(), text))
        if self.kind in (ParameterKind.INTEGER, ParameterKind.NUMBER):
            try:
                return self.accept(int(text) if _is_whole(text) else float(text))
            except ValueError:
                raise self._refuse("must be a number") from None
        if self.kind is ParameterKind.TEXTS:
            return self.accept([one.strip() for one in text.split(",") if one.strip()])
        return self.accept(text)

    def worded(self, value: ParameterValue) -> str:
        """Return how an accepted value reads in the prompt."""
        plain = _plain(value)
        if plain in self.wording:
            return self.wording[plain]
        return self.wording["*"].replace("{value}", plain) if "*" in self.wording else plain

    def _accept_number(self, value: object) -> int | float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._refuse("must be a number")
        if isinstance(value, float) and not math.isfinite(value):
            raise self._refuse("must be a finite number")
        if self.kind is ParameterKind.INTEGER:
            if value != int(value):
                raise self._refuse("must be a whole number")
            value = int(value)
        if self.minimum is not None and value < self.minimum:
            raise self._refuse(f"must be at least {self.minimum:g}")
        if self.maximum is not None and value > self.maximum:
            raise self._refuse(f"must be at most {self.maximum:g}")
        return value

    def _accept_texts(self, value: object) -> tuple[str, ...]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self._refuse("must be a list of texts")
        if len(value) > self.max_items:
            raise self._refuse(f"must have at most {self.max_items} items")
        if self.minimum is not None and len(value) < self.minimum:
            raise self._refuse(f"must have at least {self.minimum:g} items")
        return tuple(self._accept_text(one) for one in value)

    def _accept_text(self, value: object) -> str:
        if not isinstance(value, str):
            raise self._refuse("must be a text")
        if len(value) > self.max_chars:
            raise self._refuse(f"must have at most {self.max_chars} characters")
        if not is_clean(value):
            raise self._refuse("holds characters that are not valid text")
        return value

    def _refuse(self, rule: str) -> InvalidParameter:
        return InvalidParameter(
            f"The parameter {self.name} {rule}.", parameter=f"parameters.{self.name}"
        )


def is_clean(text: str) -> bool:
    """Tell whether a text can be sent as UTF-8: no half of a surrogate pair, no NUL."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _plain(value: ParameterValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _is_whole(text: str) -> bool:
    return text.strip().removeprefix("-").isdecimal()
