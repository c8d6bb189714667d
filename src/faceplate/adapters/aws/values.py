"""Values as DynamoDB's wire format has them, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

Item: TypeAlias = dict[str, Any]
"""Attributes as plain Python: str, int, float, bool, bytes, set of str, list, dict."""

Wire: TypeAlias = dict[str, Any]
"""The same as ``{"S": …}``, ``{"N": …}`` …."""

_LARGEST, _SMALLEST = 9.9e125, 1e-130
"""Source: DynamoDB's limits of numbers."""


def to_wire(item: Mapping[str, Any]) -> dict[str, Wire]:
    """Render attributes; those that are None are left out."""
    return {name: encode(value) for name, value in item.items() if value is not None}


def from_wire(attributes: Mapping[str, Wire]) -> Item:
    """Read attributes back."""
    return {name: decode(value) for name, value in attributes.items()}


def encode(value: Any) -> Wire:
    """Render one value. Floats keep every digit."""
    match value:
        case str() | bytes():
            wire: Wire = {"S" if isinstance(value, str) else "B": value}
        case bool():
            wire = {"BOOL": value}
        case int() | float():
            wire = {"N": _number(value)}
        case set():
            wire = {"SS": sorted(value)}
        case Mapping():
            wire = {"M": {str(name): encode(each) for name, each in value.items()}}
        case list() | tuple():
            wire = {"L": [encode(each) for each in value]}
        case None:
            wire = {"NULL": True}
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a table")
    return wire


def decode(value: Wire) -> Any:
    """Read one value back."""
    ((kind, raw),) = value.items()
    match kind:
        case "N":
            return int(raw) if raw.lstrip("-").isdigit() else float(raw)
        case "M":
            return from_wire(raw)
        case "L":
            return [decode(each) for each in raw]
        case "SS":
            return set(raw)
        case "NULL":
            return None
    return raw


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise ValueError("a number that no table can hold")
    return repr(value) if abs(value) >= _SMALLEST else "0"
