"""Every rule of the service model that an input of the offered operations can break.

Read from botocore's file by itself, apart from the reading that the server checks with. Run as a
program, it writes the table of rules and the tests that cover them.
"""

from __future__ import annotations

import base64
import itertools
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore.loaders

from faceplate.http.rekognition.operations import OPERATIONS

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "tests" / "rekognition" / "constraints.md"
TESTS = "tests/rekognition/test_constraints.py"

UUID = "6f5902ac-237b-4024-8d2a-b8ddf7e4a4b9"
PATTERNS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    r"[a-zA-Z0-9_.\-]+": (("aZ09_.-",), ("a b", "a:b", "ä", "a\n", "a/b", "\0")),
    r"[a-zA-Z0-9_.\-:]+": (("aZ09_.-:",), ("a b", "ä", "a\n", "a/b", "\0")),
    r"[0-9A-Za-z\.\-_]*": (("aZ09.-_",), ("a b c", "aaa\n", "aä.", "a/b")),
    r"^[a-zA-Z0-9-_]+$": (("aZ09-_",), ("a.b", "a b", "a\n")),
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}": (
        (UUID, "0" * 8 + "-0000-0000-0000-" + "f" * 12),
        (UUID.upper(), UUID[:-1], UUID + "0", UUID.replace("-", ""), "zz", UUID + "\n", ""),
    ),
    r"^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]*$": (
        ("a", "Ünïcode 漢字 ٣½", "_.:/=+-@", "AWS:a", "aaws:", "\U0001d400"),
        ("aws:a", "a,b", "a\tb", "a\n", "🙂", "a#"),
    ),
    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$": (
        ("", "aws:a", "Ünïcode 漢字 ٣½", "_.:/=+-@"),
        ("a,b", "a\tb", "a\n", "🙂", "a#"),
    ),
}
"""Texts on both sides of each pattern; a pattern that is not here fails the tests."""

WRONG_TYPES: Mapping[str, tuple[Any, ...]] = {
    "string": (1, True, ["a"], {"a": "b"}, 1.5),
    "blob": (1, True, ["YQ=="], {"a": "b"}),
    "integer": ("1", True, 1.5, [1], {"a": 1}, 2**31, -(2**70), 10**400),
    "float": ("1", True, [1], {"a": 1}, 10**400),
    "list": ("a", 1, True, {"0": "a"}),
    "map": ("a", 1, True, ["a"]),
    "structure": ("a", 1, True, ["a"]),
}
NOT_BASE64 = ("a", "ab", "abc", "abcd=", "abcd====", "ab=c", "a-_=", "ab==\n", " ab==", "é===")


@dataclass(frozen=True)
class Constraint:
    """One rule of one member of one operation's input; ``[]`` is an item, ``{…}`` of a map."""

    operation: str
    path: str
    rule: str
    limit: Any
    shape: str

    def __str__(self) -> str:
        return f"{self.operation}-{self.path or 'input'}-{self.rule}"

    @property
    def named(self) -> str:
        """How a message names the member."""
        named = self.path.replace("[]", "[0]").replace("{key}", "[0].key")
        return named.replace("{value}", "[0].value") or "The body"


@cache
def _raw() -> dict[str, Any]:
    found: dict[str, Any] = botocore.loaders.Loader().load_service_model("rekognition", "service-2")
    return found


def raw_shape(name: str) -> dict[str, Any]:
    found: dict[str, Any] = _raw()["shapes"][name]
    return found


@cache
def constraints() -> tuple[Constraint, ...]:
    """List every rule, operation by operation."""
    found: list[Constraint] = []
    for operation in sorted(OPERATIONS):
        shape = _raw()["operations"][operation]["input"]["shape"]
        for path, name in _places(shape, ""):
            found += [
                Constraint(operation, path, rule, limit, name)
                for rule, limit in _rules(raw_shape(name))
            ]
            found += [
                Constraint(operation, f"{path}.{member}".lstrip("."), "required", True, name)
                for member in raw_shape(name).get("required", ())
            ]
    return tuple(found)


def _places(name: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield every place of an input with the name of its shape."""
    yield path, name
    shape = raw_shape(name)
    if shape["type"] == "structure":
        for member, ref in shape["members"].items():
            yield from _places(ref["shape"], f"{path}.{member}".lstrip("."))
    elif shape["type"] == "list":
        yield from _places(shape["member"]["shape"], f"{path}[]")
    elif shape["type"] == "map":
        yield from _places(shape["key"]["shape"], path + "{key}")
        yield from _places(shape["value"]["shape"], path + "{value}")


def _rules(shape: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "type", shape["type"]
    for rule in ("min", "max", "pattern", "enum"):
        if rule in shape:
            yield rule, shape[rule]
    if shape["type"] == "blob":
        yield "base64", True


def inside(constraint: Constraint) -> list[Any]:
    """Return JSON values that keep a rule, at its very edge."""
    shape, rule = raw_shape(constraint.shape), constraint.rule
    if rule in {"min", "max"}:
        return [_sized(shape, constraint.limit)]
    if rule == "pattern":
        return list(PATTERNS[constraint.limit][0])
    if rule == "enum":
        return list(constraint.limit)
    if rule == "required":
        return [_SAME]
    return [example(constraint.shape)]


def outside(constraint: Constraint) -> list[Any]:
    """Return JSON values that break a rule, just so; none where nothing can break it."""
    shape, rule, limit = raw_shape(constraint.shape), constraint.rule, constraint.limit
    if rule in {"min", "max"}:
        step = 0.001 if shape["type"] == "float" else 1
        beyond = limit - step if rule == "min" else limit + step
        return [_sized(shape, beyond)] if beyond >= 0 or _is_number(shape) else []
    if rule == "pattern":
        return [text for text in PATTERNS[limit][1] if len(text) >= shape.get("min", 0)]
    if rule == "enum":
        return ["BOGUS", "", limit[0].lower()]
    if rule == "base64":
        return list(NOT_BASE64)
    return [_LEFT_OUT, None] if rule == "required" else _wrong_types(constraint)


def _wrong_types(constraint: Constraint) -> list[Any]:
    if constraint.path.endswith("{key}"):
        return []  # a name in JSON is always text
    wrong = WRONG_TYPES[constraint.limit]
    return [*wrong, None] if constraint.path.endswith(("]", "}")) else list(wrong)


def request(constraint: Constraint, value: Any) -> Any:
    """Build an input that is valid but for ``value`` in the rule's place."""
    start = _raw()["operations"][constraint.operation]["input"]["shape"]
    if not constraint.path:
        return value
    steps = constraint.path.replace("[", ".[").replace("{", ".{").split(".")
    return _with(start, steps, value)


_SAME = object()
_LEFT_OUT = object()


def _with(name: str, steps: list[str], value: Any) -> Any:
    if not steps:
        return example(name) if value is _SAME else value
    shape, step = raw_shape(name), steps[0]
    if step == "[]":
        return [_with(shape["member"]["shape"], steps[1:], value)]
    if step == "{key}":
        return {_with(shape["key"]["shape"], steps[1:], value): "a"}
    if step == "{value}":
        return {"a": _with(shape["value"]["shape"], steps[1:], value)}
    made = example(name)
    inner = _with(shape["members"][step]["shape"], steps[1:], value)
    made.pop(step, None)
    return made if inner is _LEFT_OUT else {**made, step: inner}


def example(name: str) -> Any:
    """Return a valid value of a shape, without what may be left out."""
    shape = raw_shape(name)
    kind = shape["type"]
    if kind == "structure":
        return {
            member: example(shape["members"][member]["shape"])
            for member in shape.get("required", ())
        }
    if kind == "list":
        return [example(shape["member"]["shape"])] * max(shape.get("min", 0), 1)
    if kind == "map":
        return {"a": example(shape["value"]["shape"])}
    if "enum" in shape:
        return shape["enum"][0]
    if "pattern" in shape and "min" not in shape:
        return PATTERNS[shape["pattern"]][0][0]
    return _sized(shape, shape.get("min", 1))


def _is_number(shape: Mapping[str, Any]) -> bool:
    return shape["type"] in {"integer", "long", "float", "double"}


def _sized(shape: Mapping[str, Any], size: Any) -> Any:
    kind = shape["type"]
    if _is_number(shape):
        return size
    if kind == "string":
        return "a" * size
    if kind == "blob":
        return base64.b64encode(b"\x01" * size).decode()
    if kind == "map":
        return {f"k{number}": "a" for number in range(size)}
    item = shape["member"]["shape"]
    if "pattern" in raw_shape(item) and "min" not in raw_shape(item):
        return [str(uuid.UUID(int=number)) for number in range(size)]
    return list(itertools.repeat(example(item), size))


def collected() -> set[str]:
    """Ask pytest which tests of rules there are, by their names."""
    listing = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:randomly", TESTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.partition("::")[2] for line in listing.stdout.splitlines() if "::" in line}


def table() -> str:
    """Render every rule with the tests that cover it.

    Raises:
        LookupError: One has none.
    """
    tests = collected()
    rows = [
        "# Every rule of the service model, and the tests that cover it\n",
        "<!-- Written by `python tests/aws_constraints.py`; change that, not this. -->\n",
        f"Tests are in `{Path(TESTS).name}`. *kept* is sent and not complained of, *broken* is",
        "sent and refused with the member's name.\n",
        "| operation | member | rule | limit | tests |",
        "|---|---|---|---|---|",
    ]
    for one in constraints():
        wanted = {"kept": f"test_kept[{one}]"}
        if outside(one):
            wanted["broken"] = f"test_broken[{one}]"
        missing = set(wanted.values()) - tests
        if missing:
            raise LookupError(f"no test: {', '.join(sorted(missing))}")
        limit = "" if one.limit is True else str(one.limit).replace("|", r"\|")
        rows.append(
            f"| {one.operation} | `{one.path or 'the input'}` | {one.rule} | `{limit}` | "
            f"{', '.join(f'{side} `{name}`' for side, name in wanted.items())} |".replace("``", "")
        )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
