import re

from faceplate.domain import errors


def test_every_error_has_a_stable_snake_case_code() -> None:
    for error in errors.every_error():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.default_code), error


def test_codes_are_unique_in_the_tree() -> None:
    codes = [error.default_code for error in errors.every_error()]
    assert len(codes) == len(set(codes))


def test_the_drawn_tree_names_every_class() -> None:
    drawn = errors.__doc__ or ""
    for error in errors.every_error():
        assert re.search(rf"\b{error.__name__}\b", drawn), error


def test_a_code_and_details_can_be_given() -> None:
    error = errors.InvalidParameter("No.", parameter="limit", code="limit_odd", details={"n": 1})
    assert (error.code, error.details, str(error)) == (
        "limit_odd",
        {"parameter": "limit", "n": 1},
        "No.",
    )


def test_busy_says_when_to_try_again() -> None:
    assert errors.RateLimited("Slow down.", retry_after_s=3).retry_after_s == 3
