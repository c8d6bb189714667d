"""What must hold between the parts of an application."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from faceplate.adapters.toml_catalog.fields import Fields, FileProblem
from faceplate.domain.errors import InvalidParameter
from faceplate.domain.prompts import (
    VARIABLE,
    CheckSpec,
    PromptApp,
    render,
    result_schema_for,
    substitute,
)
from faceplate.ports.checks import Checker
from faceplate.ports.schemas import Schemas

_BRACES = re.compile(r"\{\{|\}\}")


def verify(
    app: PromptApp, fields: Fields, source: str, *, schemas: Schemas, checker: Checker
) -> None:
    """Raise the first problem found.

    Raises:
        FileProblem: With the line.
    """
    _verify_variables(app, fields, source)
    _verify_schema(app, fields, schemas)
    _verify_checks(app, fields, checker)
    _verify_samples(app, fields)


def _verify_variables(app: PromptApp, fields: Fields, source: str) -> None:
    names = [one.name for one in app.parameters]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise fields.problem(f'the parameter "{name}" is there twice', "parameters", place)
    used: set[str] = set()
    for key, text in _templates(app):
        used.update(VARIABLE.findall(text))
        unknown = [name for name in VARIABLE.findall(text) if name not in names]
        if unknown:
            mark = "{{" + unknown[0] + "}}"
            line = _line_within(source, mark, fields.line(key))
            raise FileProblem(line, f"{mark} is not a parameter of this application")
        if _BRACES.search(VARIABLE.sub("", text)):
            line = fields.line(key)
            raise FileProblem(line, f'"{key}" has double braces that are no {{{{parameter}}}}')
    for place, name in enumerate(names):
        if name not in used:
            raise fields.problem(f'the parameter "{name}" is never used', "parameters", place)


def _verify_schema(app: PromptApp, fields: Fields, schemas: Schemas) -> None:
    schema = result_schema_for(app, {})
    found = schemas.problem(schema)
    if found is None and schema.get("type") != "object":
        found = 'the type must be "object"'
    if found is not None:
        raise fields.problem(f'"result_schema": {found}', "result_schema")
    for place, example in enumerate(app.examples):
        if example.result is not None and (errors := schemas.errors(schema, example.result)):
            message = f"the example does not fit the schema: {errors[0]}"
            raise fields.problem(message, "examples", place)


def _verify_checks(app: PromptApp, fields: Fields, checker: Checker) -> None:
    def each(specs: Sequence[CheckSpec], given: dict[str, object], *keys: str | int) -> None:
        values = app.resolve(given)
        for place, spec in enumerate(specs):
            try:
                options = substitute(spec.options, values)
            except KeyError as exc:
                message = f"{{{{{exc.args[0]}}}}} is not a parameter of this application"
                raise fields.problem(message, *keys, place) from exc
            found = checker.problem(CheckSpec(spec.name, spec.path, spec.on, options))
            if found is not None:
                raise fields.problem(found, *keys, place)

    each(app.checks, {}, "checks")
    for place, sample in enumerate(app.samples):
        try:
            each(sample.expect, dict(sample.parameters), "samples", place, "expect")
        except InvalidParameter as exc:
            raise fields.problem(exc.message, "samples", place) from exc


def _verify_samples(app: PromptApp, fields: Fields) -> None:
    names: set[str] = set()
    inputs: dict[str, str] = {}
    for place, sample in enumerate(app.samples):
        if sample.name in names:
            raise fields.problem(f'the sample "{sample.name}" is there twice', "samples", place)
        names.add(sample.name)
        key = json.dumps([sample.input_text.strip(), dict(sample.parameters)], sort_keys=True)
        if inputs.setdefault(key, sample.use) != sample.use:
            message = "the same input is used for tuning and for reporting"
            raise fields.problem(message, "samples", place)
        try:
            typed = sample.mode == "typed"
            render(app, sample.parameters, sample.input_text, sample.history, typed=typed)
        except InvalidParameter as exc:
            raise fields.problem(f"the sample: {exc.message}", "samples", place) from exc


def _templates(app: PromptApp) -> Iterator[tuple[str, str]]:
    yield "system_prompt", app.system_prompt
    yield "typed_instructions", app.typed_instructions
    for text in _texts(app.result_schema):
        if VARIABLE.fullmatch(text):
            yield "result_schema", text
    for spec in app.checks:
        for text in _texts(spec.options):
            if VARIABLE.fullmatch(text):
                yield "checks", text


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for one in node.values():
            yield from _texts(one)
    elif isinstance(node, (list, tuple)):
        for one in node:
            yield from _texts(one)


def _line_within(source: str, mark: str, start: int) -> int:
    for number, line in enumerate(source.splitlines(), 1):
        if number >= start and mark in line:
            return number
    return start
