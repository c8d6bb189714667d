"""What validating a value against a schema costs, counted before it is done.

References make a schema a graph: a recursive one with two ways to the same member doubles the
work at every level of the value. Counting remembers each pair of schema and value, so it is quick
where validating is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from faceplate.domain.json_schemas import (
    BELOW,
    HERE,
    HERE_LISTS,
    HERE_MAPS,
    HERE_SINGLE,
    resolve,
)

MAX_STEPS = 300_000
"""About 30 ms of a validator's time, at 0.1 µs a step."""

_MAX_PAIRS = 20_000
_MAX_DEPTH = 150
_CHARS_A_STEP = 64
_SCANNED = 10
"""Patterns and unique items cost about ten times as much as a comparison, for their size."""

_DIVIDED = 200
"""``multipleOf``, done with fractions of any length: up to 20 µs."""

_HUGE = 500
"""Numbers of more than 64 bits are compared digit by digit."""


_APPLIES = frozenset((*HERE, *BELOW, "$ref"))


class Cost(NamedTuple):
    """``steps`` of a validator, and what it copies into its ``words`` about every misfit."""

    steps: int
    words: int


class _TooMuch(Exception):
    """More than is worth counting."""


def cost_of(schema: Mapping[str, Any], value: object) -> Cost | None:
    """Count, rather too much than too little; None for more than could be borne."""
    try:
        counted = _Count(schema).pair(schema, value, 0)
    except _TooMuch:
        return None
    return None if counted.steps > MAX_STEPS else counted


@dataclass(slots=True)
class _Count:
    root: Mapping[str, Any]
    counted: int = 0
    pairs: dict[tuple[int, int], Cost] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    weights: dict[int, int] = field(default_factory=dict)

    def pair(self, node: object, value: object, depth: int) -> Cost:
        """Count one schema over one value."""
        place = (id(node), id(value))
        known = self.pairs.get(place)
        if known is not None:
            return known
        self.counted += 1
        if self.counted > _MAX_PAIRS or depth > _MAX_DEPTH:
            raise _TooMuch
        size = self._size(value, depth)
        if not isinstance(node, Mapping):
            return Cost(1, size)
        weight = self._weight(node)
        own = Cost(weight + size + _dearer(node, size), weight * size)
        if not _APPLIES.isdisjoint(node):
            own = self.pairs[place] = self._with_parts(own, node, value, depth)
        return own

    def _with_parts(self, own: Cost, node: Mapping[str, Any], value: object, depth: int) -> Cost:
        steps, words = own
        for one, part in self._parts(node, value):
            below = self.pair(one, part, depth + 1)
            steps += below.steps
            words += below.words
        if isinstance(value, Mapping) and "propertyNames" in node:
            words += own.words * len(value)
        return Cost(steps, words)

    def _parts(self, node: Mapping[str, Any], value: object) -> Iterator[tuple[object, object]]:
        """Yield every schema that this one applies, with what it is applied to."""
        for name in HERE_SINGLE:
            if name in node:
                yield node[name], value
        for name in HERE_LISTS:
            for one in node.get(name, ()):
                yield one, value
        for name in HERE_MAPS:
            for one in node.get(name, {}).values():
                yield one, value
        if "$ref" in node:
            yield self._target(node["$ref"]), value
        if isinstance(value, Mapping):
            yield from _members(node, value)
        elif isinstance(value, list):
            yield from _items(node, value)

    def _target(self, reference: str) -> object:
        try:
            return resolve(self.root, reference)
        except LookupError:
            raise _TooMuch from None

    def _size(self, value: object, depth: int) -> int:
        """Return how large a value is: one for each part of it, and more for long texts."""
        if isinstance(value, str):
            return 1 + len(value) // _CHARS_A_STEP
        if isinstance(value, int):
            return 1 + _HUGE * (value.bit_length() // 64)
        if not isinstance(value, (Mapping, list)):
            return 1
        known = self.sizes.get(id(value))
        if known is None:
            if depth > _MAX_DEPTH:
                raise _TooMuch
            parts = value.values() if isinstance(value, Mapping) else value
            known = 1 + sum(self._size(one, depth + 1) for one in parts)
            if isinstance(value, Mapping):
                known += sum(1 + len(name) // _CHARS_A_STEP for name in value)
            self.sizes[id(value)] = known
        return known

    def _weight(self, node: Mapping[str, Any]) -> int:
        """Return how much a schema compares with, beside what the schemas in it do."""
        known = self.weights.get(id(node))
        if known is None:
            known = len(node)
            for name in ("enum", "const", "required", "dependentRequired"):
                if name in node:
                    known += self._size(node[name], 0)
            self.weights[id(node)] = known
        return known


def _dearer(node: Mapping[str, Any], size: int) -> int:
    """Return what the dear keywords of a schema add."""
    scanned = sum(name in node for name in ("pattern", "uniqueItems"))
    scanned += len(node.get("patternProperties", ()))
    return scanned * _SCANNED * size + ("multipleOf" in node) * _DIVIDED


def _members(node: Mapping[str, Any], value: Mapping[str, Any]) -> Iterator[tuple[object, object]]:
    named = node.get("properties", {})
    for name, one in value.items():
        if name in named:
            yield named[name], one
        elif "additionalProperties" in node:
            yield node["additionalProperties"], one
        for also in node.get("patternProperties", {}).values():
            yield also, one
        if "propertyNames" in node:
            yield node["propertyNames"], name


def _items(node: Mapping[str, Any], value: list[Any]) -> Iterator[tuple[object, object]]:
    first = node.get("prefixItems", ())
    for place, one in enumerate(value):
        if place < len(first):
            yield first[place], one
        elif "items" in node:
            yield node["items"], one
        if "contains" in node:
            yield node["contains"], one
