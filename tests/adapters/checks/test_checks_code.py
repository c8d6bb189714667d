"""Code and SQL: read, never run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_asking import fault

PAGE = "<!doctype html><html><head><title>A</title></head><body><p>One<p>Two<br></body></html>"
FUNCTION = "def f(a):\n    return a + 1"
SCHEMA = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);"


@pytest.mark.parametrize(
    ("name", "good", "bad", "options"),
    [
        ("python_parses", "print('a')", "print('a", {}),
        ("python_parses", "Here:\n```python\nx = 1\n```\nDone.", "Here:\n```\nx = \n```", {}),
        ("python_parses", "x = 1", "   ", {}),
        ("python_parses", "x = 1", "(" * 5000, {}),
        ("python_defines", FUNCTION, "x = 1", {}),
        ("python_defines", FUNCTION, "def g(a): pass", {"name": "f"}),
        ("python_documented", 'def f():\n    "Do."', FUNCTION, {}),
        ("balanced", "f({a: [1, ')']}) // )", "f({a: [1]}", {}),
        ("balanced", "`${x}`; /* { */", "a)", {}),
        ("one_line_of_code", "```js\na = 1\n```", "a = 1\nb = 2", {}),
        ("shell_parses", "ls -l | wc -l", "echo 'open", {}),
        ("shell_parses", "ls", "ls\nrm x", {}),
        ("html_parses", PAGE, PAGE.replace("</title>", ""), {}),
        ("html_parses", PAGE, PAGE.replace("<br>", "</div>"), {}),
        ("html_parses", PAGE, "<p>Hello</p>", {}),
        (
            "html_parses",
            PAGE,
            PAGE.replace("<br>", '<img src="https://example.com/a.png">'),
            {"offline": True},
        ),
    ],
)
def test_sound_code_is_told_from_broken(
    name: str, good: str, bad: str, options: dict[str, Any]
) -> None:
    assert fault(name, good, **options) is None
    assert fault(name, bad, **options)


def test_a_docstring_is_the_only_change_allowed() -> None:
    documented = 'def f(a):\n    """Add one."""\n    # easy\n    return a + 1'
    assert fault("python_same_as_input", documented, input_text=FUNCTION) is None
    changed = documented.replace("a + 1", "a + 2")
    assert fault("python_same_as_input", changed, input_text=FUNCTION)
    assert fault("python_same_as_input", documented, input_text="def f(")


def test_a_defined_name_can_be_read_from_the_answer() -> None:
    answer = {"name": "f", "code": FUNCTION}
    assert fault("python_defines", result=answer, path="code", name_at="name") is None
    assert fault("python_defines", result={**answer, "name": "g"}, path="code", name_at="name")


@pytest.mark.parametrize(
    ("statement", "sound"),
    [
        ("SELECT name FROM people", True),
        ("```sql\nSELECT count(*) FROM people;\n```", True),
        ("WITH p AS (SELECT * FROM people) SELECT id FROM p", True),
        ("SELECT name FROM people WHERE name = 'a;b'", True),
        ("SELECT surname FROM people", False),
        ("SELECT * FROM orders", False),
        ("SELEC name FROM people", False),
        ("SELECT 1; SELECT 2", False),
        ("DELETE FROM people", False),
        ("PRAGMA table_info(people)", False),
        ("", False),
    ],
)
def test_sql_is_held_against_the_schema(statement: str, sound: bool) -> None:
    assert (fault("sql_explains", statement, schema=SCHEMA) is None) is sound


def test_writing_is_allowed_where_it_is_asked_for() -> None:
    assert fault("sql_explains", "DELETE FROM people", schema=SCHEMA, read_only=False) is None


def test_other_dialects_are_checked_for_one_reading_statement() -> None:
    statement = "SELECT name::text FROM people"
    assert fault("sql_explains", statement, schema=SCHEMA, dialect="postgres") is None
    assert fault("sql_explains", "DROP TABLE people", schema=SCHEMA, dialect="postgres")


def test_a_schema_cannot_touch_the_disk(tmp_path: Path) -> None:
    target = tmp_path / "stolen.db"
    schema = f"ATTACH DATABASE '{target}' AS other; CREATE TABLE other.t (a);"
    assert "schema" in str(fault("sql_explains", "SELECT 1", schema=schema))
    assert not target.exists()


def test_a_statement_cannot_attach(tmp_path: Path) -> None:
    target = tmp_path / "stolen.db"
    statement = f"ATTACH DATABASE '{target}' AS other"
    assert fault("sql_explains", statement, schema=SCHEMA, read_only=False)
    assert not target.exists()


def test_an_endless_schema_ends() -> None:
    schema = (
        "CREATE TABLE n AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
        "SELECT x FROM c;"
    )
    assert "schema" in str(fault("sql_explains", "SELECT 1", schema=schema))


@pytest.mark.parametrize(
    "name", ["python_parses", "balanced", "html_parses", "shell_parses", "python_documented"]
)
@given(text=st.text(max_size=300))
def test_no_text_breaks_a_check(name: str, text: str) -> None:
    found = fault(name, text)
    assert found is None or found


@given(text=st.text(max_size=300))
def test_no_statement_breaks_sqlite(text: str) -> None:
    found = fault("sql_explains", text, schema=SCHEMA)
    assert found is None or found
