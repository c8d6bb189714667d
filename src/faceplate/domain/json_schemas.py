"""Where a JSON Schema has further schemas in it, and where its references lead.

Source: JSON Schema Draft 2020-12, "Keywords for Applying Subschemas".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

HERE_LISTS = ("allOf", "anyOf", "oneOf")
HERE_SINGLE = ("not", "if", "then", "else")
HERE_MAPS = ("dependentSchemas",)
"""Schemas that apply to the same value once more."""

BELOW_LISTS = ("prefixItems",)
BELOW_SINGLE = ("items", "contains", "additionalProperties", "propertyNames", "contentSchema")
BELOW_MAPS = ("properties", "patternProperties")
"""Schemas that apply to parts of the value."""

DEFINITIONS = ("$defs", "definitions")
"""Schemas that apply to nothing until something refers to them."""

_LISTS = (*HERE_LISTS, *BELOW_LISTS)
_SINGLE = (*HERE_SINGLE, *BELOW_SINGLE)
_MAPS = (*HERE_MAPS, *BELOW_MAPS)
HERE = frozenset((*HERE_LISTS, *HERE_SINGLE, *HERE_MAPS))
BELOW = frozenset((*BELOW_LISTS, *BELOW_SINGLE, *BELOW_MAPS))


def schemas_in(node: Mapping[str, Any]) -> Iterator[tuple[bool, object]]:
    """Yield what a schema applies, and whether that is to the same value; no references."""
    for name, value in node.items():
        if name in _SINGLE:
            yield name in HERE, value
        elif name in _LISTS and isinstance(value, list):
            for one in value:
                yield name in HERE, one
        elif name in _MAPS and isinstance(value, Mapping):
            for one in value.values():
                yield name in HERE, one


def resolve(root: object, reference: str) -> object:
    """Return what a reference leads to: ``#`` or a JSON pointer into the schema itself.

    Raises:
        LookupError: It leads outside, or nowhere.
    """
    if not reference.startswith("#"):
        raise LookupError(reference)
    pointer = unquote(reference[1:])
    if pointer and not pointer.startswith("/"):
        raise LookupError(reference)
    found = root
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdecimal() and name.isascii():
            found = found[int(name[:9])]
        else:
            raise LookupError(reference)
    return found
