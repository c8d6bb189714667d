"""From JSON to values that fit the service model: every rule of every member is checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from faceplate.http.rekognition.model import Shape
from faceplate.http.rekognition.patterns import compile_pattern

MAX_FINDINGS = 10
_INTEGER_BITS = {"integer": 31, "long": 63}
_KINDS = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence that names a member and the rule it breaks; ``too_large`` tells of a blob."""

    text: str
    too_large: bool = False


def validate(shapes: Mapping[str, Shape], name: str, value: object) -> tuple[Any, list[Finding]]:
    """Check decoded JSON against a shape.

    As the service itself does, members the model does not know are dropped, null is taken as left
    out, and a list may hold the same thing twice. Base64 becomes bytes. At most ten findings are
    listed; with one or more, the value is of no use.
    """
    reading = _Reading(shapes)
    read = reading.read(shapes[name], value, "")
    return read, reading.findings


class _Reading:
    """One walk through a value."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self._shapes = shapes
        self.findings: list[Finding] = []

    def read(self, shape: Shape, value: object, path: str) -> Any:
        return _READERS[shape.kind](self, shape, value, path)

    def structure(self, shape: Shape, value: object, path: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong_type(path, "an object", value)
        within = f"{path}." if path else ""
        found: dict[str, Any] = {}
        for member, ref in shape.members.items():
            given = value.get(member)
            if given is not None:
                found[member] = self.read(self._shapes[ref], given, within + member)
            elif member in shape.required:
                self._note(within + member, "is required")
        return found

    def items(self, shape: Shape, value: object, path: str) -> Any:
        if not isinstance(value, list):
            return self._wrong_type(path, "a list", value)
        if not self._fits(shape, len(value), path, "items"):
            return None
        item = self._shapes[shape.item]
        found = []
        for position, one in enumerate(value):
            found.append(self.read(item, one, f"{path}[{position}]"))
            if self._full:
                break
        return found

    def entries(self, shape: Shape, value: object, path: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong_type(path, "an object", value)
        if not self._fits(shape, len(value), path, "entries"):
            return None
        key_shape, item = self._shapes[shape.key], self._shapes[shape.item]
        found = {}
        for position, (key, one) in enumerate(value.items()):
            # A key may be as long as the body, or a name: neither belongs in a message.
            self.read(key_shape, key, f"{path}[{position}].key")
            found[key] = self.read(item, one, f"{path}[{position}].value")
            if self._full:
                break
        return found

    def text(self, shape: Shape, value: object, path: str) -> Any:
        if not isinstance(value, str):
            return self._wrong_type(path, "a string", value)
        if shape.enum and value not in shape.enum:
            self._note(path, f"is not one of {', '.join(shape.enum)}")
        elif (
            self._fits(shape, len(value), path, "characters")
            and shape.pattern is not None
            and not compile_pattern(shape.pattern).fullmatch(value)
        ):
            self._note(path, f"does not match the pattern {shape.pattern}")
        return value

    def blob(self, shape: Shape, value: object, path: str) -> Any:
        if not isinstance(value, str):
            return self._wrong_type(path, "base64 text", value)
        found = _decode_base64(value)
        if found is None:
            self._note(path, "is not base64")
            return None
        self._fits(shape, len(found), path, "bytes")
        return found

    def integer(self, shape: Shape, value: object, path: str) -> Any:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            return self._wrong_type(path, "an integer", value)
        bound: int = 1 << _INTEGER_BITS[shape.kind]
        if not -bound <= value < bound:
            self._note(path, f"is outside of {-bound} to {bound - 1}")
        else:
            self._in_range(shape, value, path)
        return value

    def number(self, shape: Shape, value: object, path: str) -> Any:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return self._wrong_type(path, "a number", value)
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if not math.isfinite(found):
            self._note(path, "is not a finite number")
        else:
            self._in_range(shape, found, path)
        return found

    def boolean(self, _shape: Shape, value: object, path: str) -> Any:
        return value if isinstance(value, bool) else self._wrong_type(path, "a boolean", value)

    @property
    def _full(self) -> bool:
        return len(self.findings) >= MAX_FINDINGS

    def _in_range(self, shape: Shape, value: float, path: str) -> None:
        if shape.minimum is not None and value < shape.minimum:
            self._note(path, f"{_plain(value)} is less than the minimum {_plain(shape.minimum)}")
        elif shape.maximum is not None and value > shape.maximum:
            self._note(path, f"{_plain(value)} is more than the maximum {_plain(shape.maximum)}")

    def _fits(self, shape: Shape, length: int, path: str, unit: str) -> bool:
        """Check a length; tell whether it is within its bounds."""
        if shape.minimum is not None and length < shape.minimum:
            self._note(path, f"{length} {unit} are fewer than the minimum {shape.minimum}")
            return False
        if shape.maximum is not None and length > shape.maximum:
            self._note(
                path,
                f"{length} {unit} are more than the maximum {shape.maximum}",
                too_large=shape.kind == "blob",
            )
            return False
        return True

    def _wrong_type(self, path: str, wanted: str, value: object) -> None:
        self._note(path or "The body", f"must be {wanted}, not {_KINDS[type(value)]}")

    def _note(self, path: str, text: str, *, too_large: bool = False) -> None:
        if not self._full:
            self.findings.append(Finding(f"{path}: {text}", too_large=too_large))


def _decode_base64(value: str) -> bytes | None:
    """Decode standard base64, with its padding and nothing else; None for any other text."""
    if value.endswith("==="):  # which the decoder would overlook
        return None
    try:
        return msgspec.convert(value, bytes)  # five times as fast as `binascii`
    except msgspec.ValidationError:
        return None


def _plain(value: float) -> str:
    return f"{value:.10g}"


_READERS: Mapping[str, Callable[[_Reading, Shape, object, str], Any]] = {
    "structure": _Reading.structure,
    "list": _Reading.items,
    "map": _Reading.entries,
    "string": _Reading.text,
    "blob": _Reading.blob,
    "integer": _Reading.integer,
    "long": _Reading.integer,
    "float": _Reading.number,
    "double": _Reading.number,
    "boolean": _Reading.boolean,
}
"""Every kind of shape an input has; no operation takes a timestamp."""
