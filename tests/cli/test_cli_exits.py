"""Every error has an exit code, and every answer of a server finds its error."""

import json

import pytest

from faceplate.cli.exits import EXIT_CODES, MEANINGS, describe_exit_codes, exit_code
from faceplate.cli.problems import error_from_answer
from faceplate.domain import errors
from faceplate.domain.errors import every_error
from faceplate.http.codes import CODES


def own_errors():
    return [kind for kind in every_error() if kind.__module__ == "faceplate.domain.errors"]


def test_table_is_total():
    assert set(own_errors()) == set(EXIT_CODES)


def test_every_exit_code_has_a_meaning():
    assert set(EXIT_CODES.values()) <= set(MEANINGS)
    assert all(f"{code} {meaning}" in describe_exit_codes() for code, meaning in MEANINGS.items())


def test_exit_codes_are_pinned():
    found = {kind.__name__: code for kind, code in EXIT_CODES.items()}
    assert found["FaceplateError"] == 1
    assert found["InvalidImage"] == 3
    assert found["NoFaceFound"] == 4
    assert found["Unauthenticated"] == 5
    assert found["Forbidden"] == 6
    assert found["NotFound"] == 7
    assert found["DataFolderInUse"] == 8
    assert found["Unsupported"] == 9
    assert found["RateLimited"] == 10
    assert found["StorageFull"] == 11
    assert found["UpstreamFailed"] == 12
    assert found["Misconfigured"] == 13
    assert found["ModelCorrupt"] == 14


def test_a_new_error_class_gets_the_code_of_its_parent():
    class Narrower(errors.NotFound):
        pass

    try:
        assert exit_code(Narrower("gone")) == EXIT_CODES[errors.NotFound]
    finally:
        del Narrower


def answer(status, **problem):
    return error_from_answer(status, json.dumps(problem).encode(), retry_after="7")


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_of_the_api_keeps_its_exit_code(code):
    error = answer(500, code=code, detail="A sentence.")
    assert (error.code, error.message) == (code, "A sentence.")
    assert exit_code(error) == EXIT_CODES[CODES[code].error]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidInput),
        (401, errors.Unauthenticated),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.ImageTooLarge),
        (418, errors.InvalidInput),
        (429, errors.RateLimited),
        (500, errors.FaceplateError),
        (502, errors.UpstreamFailed),
        (503, errors.Busy),
        (507, errors.StorageFull),
    ],
)
def test_an_answer_of_somebody_else_is_read_by_its_status(status, kind):
    error = error_from_answer(status, b"<html>proxy</html>", retry_after=None)
    assert type(error) is kind
    assert str(status) in error.message


def test_what_helps_the_caller_survives():
    error = answer(429, code="rate_limited", detail="Slower.", request_id="r1", details={"a": 1})
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after_s == 7
    assert error.details == {"a": 1, "request_id": "r1"}


def test_json_that_is_no_problem_is_read_by_its_status():
    assert type(error_from_answer(404, b"[1]", retry_after="soon")) is errors.NotFound
