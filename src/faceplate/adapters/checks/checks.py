"""`ports.checks.Checker`: the table of checks, and running them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from faceplate.adapters.checks import code, formats, prose, sql, structure
from faceplate.adapters.checks.subject import Subject, path_problem, walk
from faceplate.domain.prompt_parameters import ParameterValue
from faceplate.domain.prompts import CheckSpec, PromptApp, substitute
from faceplate.ports.checks import CheckResult

Check = Callable[..., str | None]

CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        prose.contains,
        prose.keeps,
        prose.language,
        prose.lines,
        prose.matches,
        prose.no_first_person,
        prose.no_new_numbers,
        prose.not_empty,
        prose.questions,
        prose.reading_grade,
        prose.words,
        structure.alternates,
        structure.between,
        structure.count,
        structure.differs_from_input,
        structure.equals,
        structure.excludes,
        structure.in_field,
        structure.in_input,
        structure.in_parameter,
        structure.includes,
        structure.not_both,
        structure.numbered,
        structure.one_of,
        structure.rectangular,
        structure.sequence,
        structure.sums_to,
        structure.tells_change,
        structure.unique,
        code.balanced,
        code.html_parses,
        code.one_line_of_code,
        code.python_defines,
        code.python_documented,
        code.python_parses,
        code.python_same_as_input,
        code.shell_parses,
        formats.airport_city,
        formats.airport_code,
        formats.big_o,
        formats.colour,
        formats.csv_rectangular,
        formats.emoji,
        formats.hue,
        formats.iso_date,
        sql.sql_explains,
    )
}
"""Every check by its name; each returns None, or why the answer fails."""


_WHEN = "when"


class DeterministicChecker:
    """Run checks from the table `CHECKS`."""

    def run(
        self,
        app: PromptApp,
        *,
        input_text: str,
        parameters: Mapping[str, object],
        text: str,
        result: Mapping[str, Any] | None,
        specs: Sequence[CheckSpec] | None = None,
    ) -> Sequence[CheckResult]:
        """Run the application's checks, or ``specs`` instead, in their order."""
        values = app.resolve(parameters)
        kind = "text" if result is None else "typed"
        return [
            _run_one(spec, input_text=input_text, values=values, text=text, result=result)
            for spec in (app.checks if specs is None else specs)
            if spec.on in (kind, "any") and _applies(spec, values)
        ]

    def problem(self, spec: CheckSpec) -> str | None:
        """Return what is wrong with a check as it is written, or None.

        It is tried on an empty answer, which shows options of a wrong type.
        """
        check = CHECKS.get(spec.name)
        if check is None:
            return f'there is no check "{spec.name}"; there are: {", ".join(sorted(CHECKS))}'
        if spec.path and (found := path_problem(spec.path)):
            return found
        options = {key: value for key, value in spec.options.items() if key != _WHEN}
        try:
            inspect.signature(check).bind(None, **options)
        except TypeError as exc:
            return f'the check "{spec.name}": {exc}'
        empty = Subject(values=("",), text="", result={}, input_text="", parameters={})
        try:
            check(empty, **options)
        except (TypeError, ValueError, AttributeError, KeyError, re.error):
            return f'the check "{spec.name}" cannot work with these options'
        return None


def _applies(spec: CheckSpec, values: Mapping[str, ParameterValue]) -> bool:
    """Tell whether the option ``when`` holds: a flag, or a list of equal values."""
    if _WHEN not in spec.options:
        return True
    when = substitute(spec.options[_WHEN], values)
    return all(one == when[0] for one in when) if isinstance(when, list) else bool(when)


def _run_one(
    spec: CheckSpec,
    *,
    input_text: str,
    values: Mapping[str, ParameterValue],
    text: str,
    result: Mapping[str, Any] | None,
) -> CheckResult:
    if result is None:
        found: tuple[Any, ...] = (text,)
    else:
        found = tuple(walk(result, spec.path)) if spec.path else (text,)
    subject = Subject(found, text, result, input_text, values)
    options = substitute(spec.options, values)
    options.pop(_WHEN, None)
    detail = CHECKS[spec.name](subject, **options)
    name = f"{spec.name}:{spec.path}" if spec.path and result is not None else spec.name
    return CheckResult(name=name, passed=detail is None, detail=detail or "")
