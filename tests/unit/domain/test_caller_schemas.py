"""A caller's schema is checked in bounded time, or not at all."""

from __future__ import annotations

import functools
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.domain.caller_schemas import MAX_CHARS, MAX_PATTERNS, accept_schema
from faceplate.domain.errors import InvalidParameter
from faceplate.domain.json_schemas import resolve
from faceplate.domain.schema_costs import cost_of

TREE: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.com/tree",
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "anyOf": [
                {"type": "null"},
                {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "pattern": "^[a-z]+$"},
                        "left": {"$ref": "#/$defs/node"},
                        "right": {"$ref": "#/$defs/node"},
                        "any": True,
                    },
                    "patternProperties": {"^x-": {"type": "string"}},
                    "dependentSchemas": {"left": {"required": ["right"]}},
                    "additionalProperties": False,
                },
            ]
        }
    },
}


def doubling(levels: int, keyword: str = "allOf") -> dict[str, Any]:
    """Make a schema in which every level refers to the next one twice."""
    named: dict[str, Any] = {
        f"a{one}": {keyword: [{"$ref": f"#/$defs/a{one + 1}"}] * 2} for one in range(levels)
    }
    named[f"a{levels}"] = {"type": "string"}
    return {"$defs": named, "$ref": "#/$defs/a0"}


def deep(levels: int) -> dict[str, Any]:
    return functools.reduce(lambda inner, _: {"items": inner}, range(levels), {})


def test_a_recursive_schema_of_the_usual_kind_is_accepted() -> None:
    accept_schema(TREE)
    accept_schema({"type": "object", "properties": {"next": {"$ref": "#"}}})
    inner = {"items": {"$ref": "#/$defs/outer"}}
    outer = {"properties": {"inner": inner}}
    accept_schema({"$ref": "#/$defs/outer/properties/inner", "$defs": {"outer": outer}})
    accept_schema({"anyOf": [{"type": "string"}, True], "properties": [], "$defs": 7})


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (doubling(60), "unfolds"),
        (doubling(60, "anyOf"), "unfolds"),
        ({"$defs": doubling(60)["$defs"]}, "unfolds"),
        ({"$defs": {f"d{i}": {"items": {"$ref": f"#/$defs/d{i + 1}"}} for i in range(200)}}, ""),
        ({"$ref": "#"}, "without end"),
        ({"allOf": [{"not": {"$ref": "#"}}]}, "without end"),
        ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, "without end"),
        ({"properties": {"a": {"$ref": "#/nope"}}}, "nowhere"),
        ({"$ref": "http://127.0.0.1/x"}, "nowhere"),
        ({"$ref": "file:///etc/passwd"}, "nowhere"),
        ({"$ref": "#anchor"}, "nowhere"),
        ({"$ref": 7}, "nowhere"),
        ({"anyOf": [{}], "$ref": "#/anyOf/x"}, "nowhere"),
        ({"anyOf": [{}], "$ref": "#/anyOf/5"}, "nowhere"),
        ({"$ref": "#/const", "const": "text"}, "does not lead to a schema"),
        ({"$dynamicRef": "http://127.0.0.1/x"}, "$dynamicRef"),
        ({"items": {"$id": "http://127.0.0.1/x"}}, "$id"),
        ({"unevaluatedProperties": False}, "unevaluatedProperties"),
        (deep(900), "deep"),
        ({"default": [deep(900)]}, "deep"),
        ({"description": "x" * MAX_CHARS}, "characters"),
        ({"enum": list(range(MAX_CHARS))}, "characters"),
        ({"const": "half \ud83d"}, "Unicode"),
        ({"properties": {"\ud83d": {}}}, "Unicode"),
        ({"minimum": 10**400}, "number"),
        ({"allOf": [{"pattern": "a"}] + [{"pattern": "a"} for _ in range(MAX_PATTERNS)]}, "patt"),
        ({"patternProperties": {"a" * 2000: {}}}, "patterns"),
    ],
)
def test_what_could_keep_others_waiting_is_refused(schema: dict[str, Any], said: str) -> None:
    began_s = time.perf_counter()
    with pytest.raises(InvalidParameter) as refused:
        accept_schema(schema)
    assert time.perf_counter() - began_s < 5.0
    assert said in refused.value.message
    assert refused.value.details["parameter"] == "response_format"


def test_pointers_are_read_as_a_validator_reads_them() -> None:
    root = {"$defs": {"a/b": 1, "c d": 2, "e~f": 3}, "anyOf": [4]}
    found = [
        resolve(root, one)
        for one in ("#/$defs/a~1b", "#/$defs/c%20d", "#/$defs/e~0f", "#/anyOf/0", "#")
    ]
    assert found == [1, 2, 3, 4, root]


def nested(levels: int, key: str = "a") -> Any:
    return functools.reduce(lambda inner, _: {key: inner}, range(levels), {})


def test_a_cost_grows_with_the_ways_to_a_value() -> None:
    twice = {"properties": {"a": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}, "required": ["b"]}
    few, many = cost_of(twice, nested(3)), cost_of(twice, nested(8))
    assert few is not None
    assert many is not None
    assert many.steps > 16 * few.steps
    began_s = time.perf_counter()
    assert cost_of(twice, nested(100)) is None
    assert time.perf_counter() - began_s < 5.0


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"uniqueItems": True}, [10**40 + one for one in range(500)]),
        ({"items": {"multipleOf": 5e-324}}, [1.7e308] + [1.7e308 - i * 1e295 for i in range(5000)]),
        ({"items": {"enum": [str(one) for one in range(1000)]}}, ["z"] * 1000),
        ({"allOf": [{"pattern": "a$"} for _ in range(50)]}, ["x" * 200_000]),
        ({"items": {"type": "string"}}, [str(one) for one in range(50_000)]),
        ({"properties": {"a": {}}, "patternProperties": {"b": {}}}, nested(200)),
        ({"const": 1}, nested(200)),
        ({"$ref": "#anchor"}, 1),
    ],
)
def test_what_costs_too_much_is_said_before_it_is_done(schema: dict[str, Any], value: Any) -> None:
    began_s = time.perf_counter()
    assert cost_of(schema, value) is None
    assert time.perf_counter() - began_s < 5.0


def test_every_part_of_a_value_costs_something() -> None:
    schema = {
        "if": {"type": "object"},
        "properties": {"a": {"type": "string"}},
        "patternProperties": {"^b": {"const": 1}},
        "additionalProperties": {"prefixItems": [{}], "items": {}, "contains": {}},
        "propertyNames": {"minLength": 1},
        "dependentSchemas": {"a": True},
        "allOf": [{"$ref": "#/properties/a"}],
    }
    small = cost_of(schema, {"a": "x"})
    large = cost_of(schema, {"a": "x", "b": 1.5, "c": [1, 2, None], "d": "x" * 1000})
    assert small is not None
    assert large is not None
    assert large.steps > small.steps > 10


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("ablr"), inner),
        max_leaves=20,
    )
)
def test_what_can_be_counted_can_be_validated(value: object) -> None:
    assert cost_of(TREE, value) is not None
    JsonSchemas().errors(TREE, value)
