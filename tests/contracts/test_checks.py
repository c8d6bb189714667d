"""What every checker promises."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from faceplate.adapters.checks.checks import CHECKS, DeterministicChecker
from faceplate.domain.prompts import CheckSpec
from faceplate.ports.checks import CheckResult
from text_build import app


@pytest.fixture
def checker() -> DeterministicChecker:
    return DeterministicChecker()


def run(checker: DeterministicChecker, *specs: CheckSpec, **changes: Any) -> list[CheckResult]:
    answer: dict[str, Any] = {
        "input_text": "hello",
        "parameters": {},
        "text": '{"mood": "good"}',
        "result": {"mood": "good"},
    }
    return list(checker.run(app(checks=specs), **{**answer, **changes}))


def test_results_come_in_the_order_of_the_checks_and_say_why(
    checker: DeterministicChecker,
) -> None:
    found = run(
        checker,
        CheckSpec("equals", "mood", options={"value": "good"}),
        CheckSpec("equals", "mood", options={"value": "bad"}),
    )
    assert [(one.name, one.passed) for one in found] == [
        ("equals:mood", True),
        ("equals:mood", False),
    ]
    assert found[0].detail == ""
    assert "bad" in found[1].detail


def test_checks_for_the_other_kind_of_answer_are_left_out(checker: DeterministicChecker) -> None:
    specs = (
        CheckSpec("not_empty", "mood"),
        CheckSpec("words", on="text", options={"at_most": 1}),
        CheckSpec("contains", "mood", on="any", options={"all": ["good"]}),
    )
    assert [one.name for one in run(checker, *specs)] == ["not_empty:mood", "contains:mood"]
    found = run(checker, *specs, result=None, text="very good")
    assert [(one.name, one.passed) for one in found] == [("words", False), ("contains", True)]


def test_options_may_stand_for_parameters(checker: DeterministicChecker) -> None:
    spec = CheckSpec("equals", "mood", options={"value": "{{reader}}"})
    assert not run(checker, spec)[0].passed
    assert run(checker, spec, result={"mood": "adults"})[0].passed


@pytest.mark.parametrize(
    ("when", "runs"),
    [(True, 1), (False, 0), (["{{reader}}", "adults"], 1), (["{{reader}}", "children"], 0)],
)
def test_a_check_may_depend_on_parameters(
    checker: DeterministicChecker, when: object, runs: int
) -> None:
    assert len(run(checker, CheckSpec("not_empty", "mood", options={"when": when}))) == runs


def test_other_checks_can_be_run_instead(checker: DeterministicChecker) -> None:
    found = run(checker, CheckSpec("unique", "mood"), specs=[CheckSpec("not_empty", "mood")])
    assert [one.name for one in found] == ["not_empty:mood"]


@pytest.mark.parametrize(
    "spec",
    [
        CheckSpec("no_such_check"),
        CheckSpec("words", options={"at_msot": 3}),
        CheckSpec("words", "a..b"),
        CheckSpec("words", "a[0]"),
        CheckSpec("matches", options={"pattern": "("}),
        CheckSpec("matches"),
        CheckSpec("words", options={"at_least": "three"}),
        CheckSpec("keeps", options={"kinds": ["names"]}),
        CheckSpec("hue", options={"names": ["mauve"]}),
    ],
)
def test_a_badly_written_check_has_a_problem(
    checker: DeterministicChecker, spec: CheckSpec
) -> None:
    assert checker.problem(spec)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_every_check_says_what_it_fails(name: str) -> None:
    first_line = (inspect.getdoc(CHECKS[name]) or "").splitlines()[0]
    assert first_line.startswith("Fail ")
