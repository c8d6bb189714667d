"""Wording: each check passes what is right and fails what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from check_asking import fault
from faceplate.adapters.checks.prose import flesch_kincaid_grade

EASY = "The cat sat on the mat. It was warm. It had a nap."
HARD = (
    "Photosynthetic organisms necessarily transform electromagnetic radiation into "
    "biochemically accessible carbohydrates through extraordinarily complicated mechanisms."
)


@pytest.mark.parametrize(
    ("name", "good", "bad", "options"),
    [
        ("not_empty", "a", " \n", {}),
        ("words", "one two three", "one two", {"at_least": 3}),
        ("words", "don't well-known", "a b c", {"at_most": 2}),
        ("lines", "a\n\nb", "a", {"at_least": 2}),
        ("lines", "a\nb", "a\nb\nc", {"at_most": 2}),
        ("contains", "The  Red\nfox", "the dog", {"all": ["red fox"]}),
        ("contains", "a cat", "a cow", {"any": ["cat", "dog"]}),
        ("contains", "a cat", "a dog", {"none": ["dog"]}),
        ("contains", "it isn\u2019t", "it is", {"all": ["isn't"]}),
        ("matches", "O(n)", "n", {"pattern": r"O\(.+\)"}),
        ("questions", "Who is it?", "It is I.", {}),
        ("questions", 'She asked: "Who?"', "", {}),
        ("reading_grade", EASY, HARD, {"at_most": 3}),
        ("language", "Où est la gare ? Le train part à neuf heures.", EASY, {"code": "fr"}),
        ("language", "これはペンです。", "This is a pen.", {"code": "ja"}),
        ("language", EASY, "Das ist die Katze und der Hund.", {"code": "en-GB"}),
        ("no_first_person", 'She said "I am here".', "She took my hat.", {}),
    ],
)
def test_wording_is_told_from_what_it_should_not_be(
    name: str, good: str, bad: str, options: dict[str, Any]
) -> None:
    assert fault(name, good, **options) is None
    assert fault(name, bad, **options)


def test_reading_grade_has_slack_and_is_for_english_only() -> None:
    assert fault("reading_grade", HARD, at_most=3, slack=50) is None
    assert fault("reading_grade", HARD, at_most=3, language="German") is None


def test_numbers_links_and_placeholders_are_kept() -> None:
    source = "Dear {name}, pay 1,200 by 9:40 at https://example.com/pay."
    kinds = ["numbers", "urls", "placeholders"]
    assert fault("keeps", source.replace("Dear", "Cher"), input_text=source, kinds=kinds) is None
    for lost in ("{name}", "1,200", "9:40", "https://example.com/pay"):
        assert fault("keeps", source.replace(lost, ""), input_text=source, kinds=kinds)


def test_an_invented_number_is_found() -> None:
    assert fault("no_new_numbers", "85 people", input_text="all 85 of us") is None
    assert fault("no_new_numbers", "in 30 days", input_text="soon", parameters={"n": 30}) is None
    assert fault("no_new_numbers", "86 people", input_text="all 85 of us")


@pytest.mark.parametrize("code", ["ar", "de", "el", "en", "es", "fr", "ja", "ru", "zh", "tlh"])
@given(text=st.text(max_size=200))
def test_no_text_breaks_the_guess_of_a_language(code: str, text: str) -> None:
    found = fault("language", text, code=code)
    assert found is None or found


@given(text=st.text(max_size=300))
def test_every_text_has_a_finite_grade(text: str) -> None:
    assert -20 < flesch_kincaid_grade(text) < 4000
