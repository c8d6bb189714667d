"""Schemas that callers bring along: only those that can be checked in bounded time.

A schema is a program, and validating runs it. What is refused here could keep everybody else
waiting, or has no meaning outside a registry of schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.json_schemas import DEFINITIONS, resolve, schemas_in
from faceplate.domain.prompt_parameters import is_clean

PARAMETER = "response_format"

MAX_CHARS = 100_000
MAX_DEPTH = 100
MAX_PATTERNS = 50
MAX_PATTERN_CHARS = 1000
MAX_UNFOLDED = 5_000
"""How many schemas there are once every reference has been replaced by what it leads to."""

_MAX_UNFOLDED_DEPTH = 150
_LARGEST_NUMBER = 2.0**1000
_NOT_OFFERED = frozenset(
    {
        "$anchor",
        "$dynamicAnchor",
        "$dynamicRef",
        "$recursiveAnchor",
        "$recursiveRef",
        "$vocabulary",
        "dependencies",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)


def accept_schema(schema: Mapping[str, Any]) -> None:
    """Check that a caller's schema is of bearable size, refers to itself only, and ends.

    Whether it is a JSON Schema at all is for a validator to say.

    Raises:
        InvalidParameter: Of ``response_format``.
    """
    _measure(schema)
    _Unfolding(schema).run()


def wrong_schema(rule: str) -> InvalidParameter:
    """Make the error for a caller's schema."""
    return InvalidParameter(f"The schema {rule}.", parameter=PARAMETER)


def _measure(schema: object) -> None:
    """Check size, depth, texts and numbers, without descending by recursion."""
    chars, waiting = 0, [(schema, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise wrong_schema(f"is nested more than {MAX_DEPTH} deep")
        if isinstance(node, Mapping):
            chars += sum(_chars(name) for name in node)
            waiting.extend((one, depth + 1) for one in node.values())
        elif isinstance(node, list):
            waiting.extend((one, depth + 1) for one in node)
        chars += _chars(node)
        if chars > MAX_CHARS:
            raise wrong_schema(f"has more than {MAX_CHARS} characters")


def _chars(node: object) -> int:
    """Return about how many characters a name or a value takes in JSON."""
    if isinstance(node, str):
        if not is_clean(node):
            raise wrong_schema("has text that is not valid Unicode")
        return len(node) + 3
    if isinstance(node, (int, float)) and not abs(node) < _LARGEST_NUMBER:
        raise wrong_schema("has a number that is too large")
    return 3


@dataclass(slots=True)
class _Unfolding:
    """One walk through a schema, through every reference, as often as it is referred to."""

    root: Mapping[str, Any]
    steps: int = 0
    above: dict[int, int] = field(default_factory=dict)
    patterns: set[tuple[int, str]] = field(default_factory=set)

    def run(self) -> None:
        self._enter(self.root, 0, 0)

    def _enter(self, node: object, below: int, depth: int) -> None:
        """Count a schema; ``above`` are those it is in, each with how far down that was."""
        self.steps += 1
        if self.steps > MAX_UNFOLDED or depth > _MAX_UNFOLDED_DEPTH:
            raise wrong_schema(
                f"unfolds to more than {MAX_UNFOLDED} schemas, or too deep, once its references "
                "are followed"
            )
        if not isinstance(node, Mapping):
            return
        self._refuse_what_is_not_offered(node)
        before = self.above.get(id(node))
        self.above[id(node)] = below
        self._walk(node, below, depth + 1)
        if before is None:
            del self.above[id(node)]
        else:
            self.above[id(node)] = before

    def _walk(self, node: Mapping[str, Any], below: int, depth: int) -> None:
        for here, one in schemas_in(node):
            self._enter(one, below if here else below + 1, depth)
        for name in DEFINITIONS:
            if isinstance(node.get(name), Mapping):
                for one in node[name].values():
                    self._enter(one, below + 1, depth)
        if "$ref" in node:
            self._follow(node["$ref"], below, depth)

    def _follow(self, reference: object, below: int, depth: int) -> None:
        try:
            target = resolve(self.root, reference if isinstance(reference, str) else "")
        except LookupError:
            raise wrong_schema("has a $ref that leads nowhere within the schema") from None
        if not isinstance(target, (Mapping, bool)):
            raise wrong_schema("has a $ref that does not lead to a schema")
        known = self.above.get(id(target)) if isinstance(target, Mapping) else None
        if known is None:
            self._enter(target, below, depth)
        elif known == below:
            raise wrong_schema("refers to itself without end")

    def _refuse_what_is_not_offered(self, node: Mapping[str, Any]) -> None:
        found = next((name for name in node if name in _NOT_OFFERED), None)
        if found is None and "$id" in node and node is not self.root:
            found = "$id"
        if found is not None:
            raise wrong_schema(f"uses {found}, which is not offered")
        patterns = node.get("patternProperties")
        found_patterns = [node.get("pattern"), *(patterns if isinstance(patterns, Mapping) else ())]
        for pattern in found_patterns:
            if isinstance(pattern, str):
                self._count_pattern(node, pattern)

    def _count_pattern(self, node: Mapping[str, Any], pattern: str) -> None:
        self.patterns.add((id(node), pattern))
        if len(self.patterns) > MAX_PATTERNS or len(pattern) > MAX_PATTERN_CHARS:
            raise wrong_schema(
                f"has more than {MAX_PATTERNS} patterns, or one of more than "
                f"{MAX_PATTERN_CHARS} characters"
            )
