"""What every JSON Schema validator promises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceplate.adapters.json_schema.schemas import JsonSchemas

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "n": {"type": "integer", "minimum": 1},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
    "required": ["n"],
    "additionalProperties": False,
}


@pytest.fixture
def schemas() -> JsonSchemas:
    return JsonSchemas()


def test_a_value_that_fits_has_no_errors(schemas: JsonSchemas) -> None:
    assert not schemas.errors(SCHEMA, {"n": 1, "tags": ["a"], "code": "ABC"})


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({}, "n"),
        ({"n": 0}, "n"),
        ({"n": "1"}, "n"),
        ({"n": 1, "tags": ["c"]}, "tags/0"),
        ({"n": 1, "tags": ["a", "b", "a"]}, "tags"),
        ({"n": 1, "code": "abc"}, "code"),
        ({"n": 1, "more": 2}, "more"),
        ([], "object"),
        (None, "object"),
    ],
)
def test_errors_name_the_place(schemas: JsonSchemas, value: object, named: str) -> None:
    errors = schemas.errors(SCHEMA, value)
    assert errors
    assert named in errors[0]


def test_errors_stay_few_and_short(schemas: JsonSchemas) -> None:
    errors = schemas.errors({"type": "array", "items": {"type": "null"}}, ["x" * 10_000] * 100)
    assert len(errors) <= 5
    assert all(len(one) < 300 for one in errors)


def test_prefix_items_are_known_so_it_is_draft_2020_12(schemas: JsonSchemas) -> None:
    schema = {"type": "array", "prefixItems": [{"type": "string"}], "items": False}
    assert not schemas.errors(schema, ["a"])
    assert schemas.errors(schema, ["a", "b"])


def test_a_sound_schema_has_no_problem(schemas: JsonSchemas) -> None:
    assert schemas.problem(SCHEMA) is None
    assert schemas.problem({"$defs": {"a": {}}, "$ref": "#/$defs/a"}) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objet"},
        {"type": "string", "pattern": "("},
        {"minItems": -1},
        {"required": "n"},
        {"properties": {"a": {"enum": "{{labels}}"}}},
        {"$ref": "https://example.com/schema.json"},
        {"items": [{"$ref": "file:///etc/passwd"}]},
    ],
)
def test_what_is_no_schema_has_a_problem(schemas: JsonSchemas, schema: dict[str, Any]) -> None:
    assert schemas.problem(schema)


@given(value=st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_no_value_breaks_it(value: object) -> None:
    assert JsonSchemas().errors(SCHEMA, value)
