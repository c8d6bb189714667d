"""Checks of shape: how many, which, in which order, adding up to what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from faceplate.adapters.checks.subject import Subject, folded, shown


def count(
    subject: Subject,
    *,
    exactly: int | None = None,
    at_least: int = 0,
    at_most: int | None = None,
) -> str | None:
    """Fail when there are too few or too many values."""
    found = len(subject.values)
    if exactly is not None:
        return None if found == exactly else f"{found}, not {exactly}"
    if found < at_least:
        return f"{found}, fewer than {at_least}"
    return f"{found}, more than {at_most}" if at_most is not None and found > at_most else None


def unique(subject: Subject) -> str | None:
    """Fail when a value occurs twice, whatever its case."""
    seen: set[str] = set()
    for one in subject.values:
        key = folded(str(one)).rstrip(".!?")
        if key in seen:
            return f"{shown(one)} occurs twice"
        seen.add(key)
    return None


def one_of(subject: Subject, *, values: Sequence[Any]) -> str | None:
    """Fail when a value is none of those allowed, whatever its case."""
    allowed = {folded(str(one)) for one in values}
    if not subject.values:
        return "nothing is there"
    for one in subject.values:
        if folded(str(one)).rstrip(".") not in allowed:
            return f"{shown(one)} is not allowed"
    return None


def includes(subject: Subject, *, values: Sequence[Any]) -> str | None:
    """Fail when one of the wanted values is not among those found, whatever its case."""
    found = {folded(str(one)) for one in subject.values}
    missing = [one for one in values if folded(str(one)) not in found]
    return f"{shown(missing[0])} is missing" if missing else None


def sequence(subject: Subject, *, values: Sequence[Any]) -> str | None:
    """Fail when the values are not exactly those wanted, in their order, whatever their case."""
    found = [folded(str(one)) for one in subject.values]
    return None if found == [folded(str(one)) for one in values] else f"they are {shown(found)}"


def excludes(subject: Subject, *, values: Sequence[Any]) -> str | None:
    """Fail when one of the unwanted values is among those found, whatever its case."""
    found = {folded(str(one)) for one in subject.values}
    unwanted = [one for one in values if folded(str(one)) in found]
    return f"{shown(unwanted[0])} is there" if unwanted else None


def not_both(subject: Subject, *, labels: Sequence[str]) -> str | None:
    """Fail when the first and the second, or the third and the fourth … are both there."""
    found = {folded(str(one)) for one in subject.values}
    for first, second in zip(labels[::2], labels[1::2], strict=False):
        if folded(first) in found and folded(second) in found:
            return f"both {shown(first)} and {shown(second)}"
    return None


def equals(subject: Subject, *, value: Any) -> str | None:
    """Fail when a value is another than the wanted one; texts are compared whatever their case."""
    if not subject.values:
        return "nothing is there"
    for one in subject.values:
        same = folded(one) == folded(value) if _both_text(one, value) else one == value
        if not same:
            return f"{shown(one)}, not {shown(value)}"
    return None


def between(
    subject: Subject, *, at_least: float = -math.inf, at_most: float = math.inf
) -> str | None:
    """Fail when a number is missing or out of range."""
    if not subject.values:
        return "nothing is there"
    for one in subject.values:
        if isinstance(one, bool) or not isinstance(one, (int, float)):
            return f"{shown(one)} is not a number"
        if not at_least <= one <= at_most:
            return f"{one:g} is out of range"
    return None


def sums_to(subject: Subject, *, total: float) -> str | None:
    """Fail when the numbers do not add up."""
    numbers = [one for one in subject.values if isinstance(one, (int, float))]
    found = sum(numbers)
    return None if math.isclose(found, total) else f"they add up to {found:g}, not {total:g}"


def numbered(subject: Subject) -> str | None:
    """Fail when the numbers are not 1, 2, 3 and so on."""
    if list(subject.values) == list(range(1, len(subject.values) + 1)):
        return None
    return f"the numbers are {shown(list(subject.values))}"


def alternates(subject: Subject) -> str | None:
    """Fail when two neighbours are the same, or when there are not exactly two kinds."""
    for first, second in pairwise(subject.values):
        if folded(str(first)) == folded(str(second)):
            return f"{shown(first)} comes twice in a row"
    kinds = {folded(str(one)) for one in subject.values}
    return None if len(kinds) == 2 else f"{len(kinds)} kinds, not 2"


def rectangular(subject: Subject, *, columns: str) -> str | None:
    """Fail when a row has not as many cells as there are columns (a path to each of them)."""
    width = len(subject.at(columns))
    if not subject.values or not width:
        return "there are no rows" if width else "there are no columns"
    for place, row in enumerate(subject.values, 1):
        if not isinstance(row, list) or len(row) != width:
            cells = len(row) if isinstance(row, list) else 0
            return f"row {place} has {cells} cells for {width} columns"
    return None


def in_input(subject: Subject) -> str | None:
    """Fail when a value does not occur in the input, whatever its case and spacing."""
    source = folded(subject.input_text)
    for one in subject.values:
        if one is not None and folded(str(one)).rstrip(".") not in source:
            return f"{shown(one)} does not occur in the input"
    return None


def in_parameter(subject: Subject, *, name: str) -> str | None:
    """Fail when a value does not occur in a parameter."""
    value = subject.parameters.get(name, "")
    source = folded(" ".join(value) if isinstance(value, tuple) else str(value))
    for one in subject.values:
        if folded(str(one)) not in source:
            return f"{shown(one)} does not occur in {name}"
    return None


def in_field(subject: Subject, *, field: str) -> str | None:
    """Fail when a value does not occur in another part of the answer."""
    source = folded(" ".join(str(one) for one in subject.at(field)))
    for one in subject.values:
        if folded(str(one)) not in source:
            return f"{shown(one)} does not occur in {field}"
    return None


def tells_change(subject: Subject, *, text: str) -> str | None:
    """Fail when a flag does not tell whether the text at another path differs from the input."""
    changed = [str(one).strip() != subject.input_text.strip() for one in subject.at(text)]
    if list(subject.values) == changed:
        return None
    return "the flag says otherwise than the text"


def differs_from_input(subject: Subject) -> str | None:
    """Fail when a text is the input again."""
    source = folded(subject.input_text)
    same = [one for one in subject.texts if folded(one) == source]
    return "the input came back as it was" if same else None


def _both_text(first: object, second: object) -> bool:
    return isinstance(first, str) and isinstance(second, str)
