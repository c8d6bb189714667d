"""Shape: how many, which, in which order, adding up to what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_asking import fault


@pytest.mark.parametrize(
    ("name", "good", "bad", "options"),
    [
        ("count", (1, 2), (1,), {"exactly": 2}),
        ("count", (1, 2), (1,), {"at_least": 2}),
        ("count", (1, 2), (1, 2, 3), {"at_most": 2}),
        ("unique", ("a", "b"), ("A", "a."), {}),
        ("one_of", ("Neutral.",), ("good",), {"values": ["neutral"]}),
        ("one_of", ("a",), (), {"values": ["a"]}),
        ("includes", ("a", "B"), ("a",), {"values": ["b"]}),
        ("excludes", ("a",), ("B",), {"values": ["b"]}),
        ("sequence", ("a", "b"), ("b", "a"), {"values": ["A", "b"]}),
        ("not_both", ("quiet", "cheap"), ("quiet", "loud"), {"labels": ["quiet", "loud"]}),
        ("equals", ("Yes",), ("no",), {"value": "yes"}),
        ("equals", (True,), (False,), {"value": True}),
        ("equals", (1,), (), {"value": 1}),
        ("between", (3,), (6,), {"at_least": 1, "at_most": 5}),
        ("between", (3,), ("3",), {"at_least": 1}),
        ("sums_to", (10, 20, 15), (10, 20), {"total": 45}),
        ("numbered", (1, 2, 3), (1, 3, 2), {}),
        ("alternates", ("A", "B", "A"), ("A", "A", "B"), {}),
        ("alternates", ("A", "B"), ("A", "B", "C"), {}),
    ],
)
def test_shapes_are_told_apart(
    name: str, good: tuple[Any, ...], bad: tuple[Any, ...], options: dict[str, Any]
) -> None:
    assert fault(name, *good, **options) is None
    assert fault(name, *bad, **options)


def test_a_table_has_as_many_cells_in_every_row() -> None:
    table = {"columns": ["a", "b"], "rows": [["1", "2"], ["3", "4"]]}
    ask = {"path": "rows[]", "columns": "columns[]"}
    assert fault("rectangular", result=table, **ask) is None
    assert fault("rectangular", result={**table, "rows": [["1", "2"], ["3"]]}, **ask)
    assert fault("rectangular", result={**table, "rows": []}, **ask)
    assert fault("rectangular", result={**table, "columns": []}, **ask)


def test_a_quotation_must_stand_in_the_input() -> None:
    source = "It was, she said,\n  “quite  cold” in May."
    assert fault("in_input", "quite cold", 'said, "quite', None, input_text=source) is None
    assert fault("in_input", "quite warm", input_text=source)


def test_a_value_must_stand_in_a_parameter_or_a_field() -> None:
    tables = {"schema": "CREATE TABLE people (id)", "words": ("red", "blue")}
    assert fault("in_parameter", "People", parameters=tables, name="schema") is None
    assert fault("in_parameter", "orders", parameters=tables, name="schema")
    assert fault("in_parameter", "blue", parameters=tables, name="words") is None
    answer = {"tables": ["people"], "sql": "SELECT * FROM people"}
    assert fault("in_field", result=answer, path="tables[]", field="sql") is None
    answer["tables"] = ["orders"]
    assert fault("in_field", result=answer, path="tables[]", field="sql")


def test_a_flag_must_tell_the_truth_about_the_change() -> None:
    answer = {"corrected": "Hello.", "changed": True}
    ask: dict[str, Any] = {"path": "changed", "text": "corrected"}
    assert fault("tells_change", result=answer, input_text="Helo.", **ask) is None
    assert fault("tells_change", result=answer, input_text="Hello.", **ask)


def test_the_input_again_is_no_answer() -> None:
    assert fault("differs_from_input", "b", input_text="a") is None
    assert fault("differs_from_input", " A ", input_text="a")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize("name", ["unique", "numbered", "alternates", "in_input", "not_empty"])
@given(values=st.lists(JSON, max_size=6))
def test_no_value_breaks_a_check(name: str, values: list[Any]) -> None:
    found = fault(name, *values)
    assert found is None or found
