"""From the text of one file to a prompt application, or to what is wrong with it."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, cast

from faceplate.adapters.toml_catalog.fields import Fields, FileProblem
from faceplate.adapters.toml_catalog.lines import key_lines
from faceplate.adapters.toml_catalog.verify import verify
from faceplate.domain.errors import InvalidParameter
from faceplate.domain.prompt_parameters import Parameter, ParameterKind, ParameterValue
from faceplate.domain.prompts import CATEGORIES, NEEDS, CheckSpec, Example, PromptApp, Sample
from faceplate.ports.checks import Checker
from faceplate.ports.schemas import Schemas

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_AT_LINE = re.compile(r" ?\(at line (\d+), column \d+\)")
_MAX_TOKENS = 32_768


def read_app(source: str, slug: str, *, schemas: Schemas, checker: Checker) -> PromptApp:
    """Read and verify an application whose file is called ``<slug>.toml``.

    Raises:
        FileProblem: With the line.
    """
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as exc:
        found = _AT_LINE.search(str(exc))
        line = int(found[1]) if found else len(source.splitlines())
        raise FileProblem(line, f"not TOML: {_AT_LINE.sub('', str(exc))}") from exc
    except RecursionError as exc:
        raise FileProblem(0, "the file is nested too deeply") from exc
    fields = Fields(table, key_lines(source))
    try:
        app = _read(fields, slug)
        fields.finish()
        verify(app, fields, source, schemas=schemas, checker=checker)
    except RecursionError as exc:
        raise FileProblem(0, "the file is nested too deeply") from exc
    return app


def _read(fields: Fields, slug: str) -> PromptApp:
    if fields.text("slug") != slug or not _SLUG.fullmatch(slug):
        raise fields.problem('"slug" must be the file\'s name without .toml: a-z, 0-9, -', "slug")
    needs = frozenset(fields.texts("needs"))
    if needs - NEEDS:
        raise fields.problem(f'"needs" may name {", ".join(sorted(NEEDS))}', "needs")
    source_url = fields.text("source_url")
    if not source_url.startswith("https://"):
        raise fields.problem('"source_url" must start with https://', "source_url")
    return PromptApp(
        slug=slug,
        title=fields.text("title"),
        summary=fields.text("summary"),
        category=fields.one_of("category", CATEGORIES),
        source_url=source_url,
        legacy=fields.flag("legacy", default=False),
        needs=needs,
        system_prompt=fields.text("system_prompt"),
        typed_instructions=fields.text("typed_instructions"),
        temperature=fields.number("temperature", least=0, most=2),
        max_tokens=fields.integer("max_tokens", least=1, most=_MAX_TOKENS),
        result_schema=_json(fields, "result_schema"),
        parameters=tuple(_parameter(one) for one in fields.tables("parameters")),
        examples=tuple(_example(one) for one in fields.tables("examples")),
        checks=tuple(_check(one) for one in fields.tables("checks")),
        samples=tuple(_sample(one) for one in fields.tables("samples")),
    )


def _parameter(fields: Fields) -> Parameter:
    name = fields.text("name")
    if not _NAME.fullmatch(name):
        raise fields.problem(f'the parameter\'s name "{name}" must be a-z, 0-9, _', "name")
    kind = ParameterKind(fields.one_of("type", tuple(ParameterKind)))
    default = fields.anything("default")
    parameter = Parameter(
        name=name,
        kind=kind,
        summary=fields.text("summary"),
        default=cast("ParameterValue", tuple(default) if isinstance(default, list) else default),
        choices=fields.texts("choices"),
        minimum=fields.optional_number("minimum"),
        maximum=fields.optional_number("maximum"),
        max_chars=fields.integer("max_chars", 500, least=1, most=100_000),
        max_items=fields.integer("max_items", 50, least=1, most=1000),
        wording=fields.mapping("wording"),
    )
    fields.finish()
    if (kind is ParameterKind.CHOICE) != bool(parameter.choices):
        raise fields.problem('"choices" belong to the type choice, and to no other')
    if kind in (ParameterKind.INTEGER, ParameterKind.NUMBER) and (
        parameter.minimum is None or parameter.maximum is None
    ):
        raise fields.problem('a number needs "minimum" and "maximum"')
    if not all(isinstance(one, str) for one in parameter.wording.values()):
        raise fields.problem('"wording" must be a table of texts', "wording")
    try:
        parameter.accept(parameter.default)
    except InvalidParameter as exc:
        raise fields.problem(f"the default is not acceptable: {exc.message}", "default") from exc
    return parameter


def _example(fields: Fields) -> Example:
    example = Example(
        input_text=fields.text("input"),
        text=fields.text("text") if "text" in fields else None,
        result=_json(fields, "result") if "result" in fields else None,
    )
    fields.finish()
    if example.text is None and example.result is None:
        raise fields.problem('an example needs "text" or "result"')
    return example


def _check(fields: Fields) -> CheckSpec:
    name = fields.text("check")
    path = fields.text("path", "")
    on: Any = fields.one_of("on", ("typed", "text", "any"), "typed")
    return CheckSpec(name=name, path=path, on=on, options=fields.rest())


def _sample(fields: Fields) -> Sample:
    use: Any = fields.one_of("use", ("tune", "report"))
    mode: Any = fields.one_of("mode", ("typed", "text"), "typed")
    sample = Sample(
        name=fields.text("name"),
        use=use,
        mode=mode,
        input_text=fields.text("input"),
        parameters=fields.mapping("parameters"),
        history=tuple(one.rest() for one in fields.tables("history")),
        expect=tuple(_expectation(one, mode) for one in fields.tables("expect")),
    )
    fields.finish()
    return sample


def _expectation(fields: Fields, mode: Any) -> CheckSpec:
    return CheckSpec(
        name=fields.text("check"), path=fields.text("path", ""), on=mode, options=fields.rest()
    )


def _json(fields: Fields, key: str) -> dict[str, Any]:
    text = fields.text(key)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as exc:
        raise FileProblem(
            fields.line(key) + exc.lineno - 1, f'"{key}" is not JSON: {exc.msg}'
        ) from exc
    if not isinstance(value, dict):
        raise fields.problem(f'"{key}" must be a JSON object', key)
    return value
