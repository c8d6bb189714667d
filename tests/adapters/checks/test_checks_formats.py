"""Written forms: each check passes what is right and fails what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_asking import fault


@pytest.mark.parametrize(
    ("name", "good", "bad", "options"),
    [
        ("colour", "#1E90FF", "#1E90F", {}),
        ("colour", "background-color: #abc;", "background-color: blau;", {}),
        ("colour", "rgb(10, 20, 30)", "rgb(10, 20)", {}),
        ("colour", "hsl(120deg 50% 50%)", "hsl()", {}),
        ("colour", "RebeccaPurple", "rebeccapurples", {}),
        ("colour", "#fff", "white", {"form": "hex"}),
        ("colour", "rgb(1,2,3)", "#010203", {"form": "rgb"}),
        ("hue", "#2060E0", "#E02020", {"names": ["blue"]}),
        ("hue", "background-color: #FFE135;", "#808080", {"names": ["yellow"]}),
        ("hue", "#7F7F80", "#FF0000", {"names": ["grey"]}),
        ("hue", "#228B22", "green", {"names": ["green"]}),
        ("emoji", "🐕☀️", "🐕 dog", {}),
        ("emoji", "👩‍🚀👍🏽🇫🇷3️⃣", "3", {}),
        ("emoji", "🎉", "", {}),
        ("emoji", "🎉🎉", "🎉🎉🎉", {"at_most": 2}),
        ("airport_code", "LHR", "QQQ", {}),
        ("airport_code", "LON", "lhr", {}),
        ("airport_code", "EGLL", "LHR", {"system": "icao"}),
        ("csv_rectangular", "a,b\n1,2", "a,b\n1", {}),
        ("csv_rectangular", '```csv\na,b\n"1,5",2\n```', "a,b", {}),
        ("csv_rectangular", "a;b\n1;2", "a,b\n1,2", {"delimiter": ";"}),
        ("csv_rectangular", "a,b\n1,2\n3,4", "a,b\n1,2", {"rows": 2}),
        ("big_o", "O(n log n)", "n log n", {}),
        ("big_o", "O(2^n)", "O(n", {}),
        ("big_o", "O(n·k)", "O(quick?)", {}),
        ("big_o", "O(k * n)", "O(n + k)", {"same_as": "O(n*k)"}),
        ("big_o", "O(n²)", "O(n)", {"same_as": "O(n^2)"}),
        ("iso_date", "2024-02-29", "2023-02-29", {}),
        ("iso_date", "2024-12-31", "31.12.2024", {}),
    ],
)
def test_a_form_is_told_from_its_fakes(
    name: str, good: str, bad: str, options: dict[str, Any]
) -> None:
    assert fault(name, good, **options) is None
    assert fault(name, bad, **options)


def test_a_code_belongs_to_its_city() -> None:
    answer = {"airports": [{"city": "Boston", "code": "BOS"}, {"city": "Paris", "code": "CDG"}]}
    assert (
        fault("airport_city", result=answer, path="airports[].city", codes="airports[].code")
        is None
    )
    answer["airports"][0]["city"] = "Chicago"
    assert fault("airport_city", result=answer, path="airports[].city", codes="airports[].code")


def test_an_unknown_hue_is_a_mistake_of_the_file() -> None:
    with pytest.raises(ValueError, match="no such hue"):
        fault("hue", "#112233", names=["mauve"])


@pytest.mark.parametrize("name", ["colour", "emoji", "airport_code", "big_o", "csv_rectangular"])
@given(text=st.text(max_size=200))
def test_no_text_breaks_a_check(name: str, text: str) -> None:
    found = fault(name, text)
    assert found is None or found


def test_letters_are_never_emoji() -> None:
    for letter in "aZäßжあ中0.,!":
        assert fault("emoji", f"🎉{letter}")
