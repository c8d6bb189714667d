"""Every mistake in a file is named, with its line."""

from __future__ import annotations

import pytest

from app_files import APP
from faceplate.adapters.checks.checks import DeterministicChecker
from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.adapters.toml_catalog.app_file import read_app
from faceplate.adapters.toml_catalog.fields import FileProblem
from faceplate.adapters.toml_catalog.lines import key_lines
from faceplate.domain.prompts import CheckSpec, PromptApp


def read(source: str) -> PromptApp:
    return read_app(source, "demo", schemas=JsonSchemas(), checker=DeterministicChecker())


def line_with(text: str, source: str) -> int:
    return next(n for n, line in enumerate(source.splitlines(), 1) if text in line)


def test_a_sound_file_is_read_whole() -> None:
    app = read(APP)
    assert (app.slug, app.temperature, app.max_tokens) == ("demo", 0.5, 100)
    assert [one.name for one in app.parameters] == ["n", "topic"]
    assert app.checks[0] == CheckSpec("count", "things[]", "typed", {"at_most": "{{n}}"})
    assert app.samples[1].parameters == {"n": 2}
    assert app.samples[1].mode == "text"


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ('title = "Demo"', 'title = "Demo"\ntitel = "x"', "titel", 'unknown key "titel"'),
        ('title = "Demo"', 'title = ""', "title", "empty"),
        ("max_tokens = 100", "max_tokens = 0", "max_tokens", "from 1"),
        ("max_tokens = 100", 'max_tokens = "many"', "max_tokens", "whole number"),
        ("max_tokens = 100", "max_tokens = true", "max_tokens", "whole number"),
        ("temperature = 0.5", "temperature = 99", "temperature", "from 0 to 2"),
        ('category = "generate"', 'category = "misc"', "category", "one of"),
        ('"https://example.com/demo"', '"http://example.com"', "source_url", "https://"),
        ("max_tokens = 100", 'max_tokens = 100\nneeds = ["wings"]', "needs", "needs"),
        ("about {{topic}}", "about {{subject}}", "{{subject}}", "not a parameter"),
        ("about {{topic}}", "about {{ topic }}", "system_prompt", "double braces"),
        ("about {{topic}}", "about trees", "[[parameters]]", "never used"),
        ('{"type": "array", "maxItems": "{{n}}"}', "{,}", "{,}", "not JSON"),
        ('"type": "array"', '"type": "aray"', "result_schema", "Draft 2020-12"),
        ('"{{n}}"}}', '"{{m}}"}}', "{{m}}", "not a parameter"),
        ('check = "count"', 'check = "counts"', "counts", "no check"),
        ('at_most = "{{n}}"', "at_mots = 3", "at_mots", "at_mots"),
        ('at_most = "{{n}}"', 'at_most = "{{k}}"', "{{k}}", "not a parameter"),
        ('path = "things[]", at_most', 'path = "things[", at_most', "things[", "path"),
        ('on = "text"', 'on = "both"', "both", "one of"),
        ("default = 3", "default = 30", "default = 30", "default is not acceptable"),
        ("default = 3", 'default = "3"', 'default = "3"', "default is not acceptable"),
        ("maximum = 9", "", "[[parameters]]", "maximum"),
        ('type = "text"', 'type = "choice"', "topic", "choices"),
        ('type = "text"', 'type = "words"', "words", "one of"),
        ('name = "topic"', 'name = "n"', "About what", "twice"),
        ('{"things": ["a bird"]}', '{"thing": []}', "[[examples]]", "does not fit"),
        ('use = "tune"', 'use = "both"', 'use = "both"', "one of"),
        ('name = "second"', 'name = "first"', "[[samples]]", "twice"),
        ("parameters = { n = 2 }", "parameters = { n = 20 }", "second", "n"),
        ("parameters = { n = 2 }", "parameters = { m = 2 }", "second", "no such parameter"),
        ('check = "contains"', 'check = "contain"', "contain", "no check"),
        ('any = ["oak"]', 'ayn = ["oak"]', "ayn", "ayn"),
        ('title = "Demo"', "title = Demo", "title", "not TOML"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, at: str, says: str) -> None:
    assert old in APP
    source = APP.replace(old, new, 1)
    with pytest.raises(FileProblem) as caught:
        read(source)
    assert says in caught.value.message
    lines = [n for n, line in enumerate(source.splitlines(), 1) if at in line]
    assert min(lines) - 3 <= caught.value.line <= max(lines) + 2


def test_one_input_may_not_serve_both_uses() -> None:
    source = APP.replace('input = "now"\nparameters = { n = 2 }', 'input = "go on"')
    with pytest.raises(FileProblem, match="tuning and for reporting"):
        read(source)


@pytest.mark.parametrize("key", ["slug", "title", "system_prompt", "temperature", "result_schema"])
def test_a_missing_key_is_named(key: str) -> None:
    source = APP.replace(f"{key} = ", f"x_{key} = ", 1)
    with pytest.raises(FileProblem, match=f'"{key}" is missing'):
        read(source)


def test_lines_are_exact_for_keys_tables_and_listed_tables() -> None:
    lines = key_lines(APP)
    assert lines["title",] == line_with("title", APP)
    assert lines["checks", 1] == line_with('on = "text"', APP)
    assert lines["parameters", 1, "name"] == line_with('name = "topic"', APP)
    assert lines["samples", 0, "expect", 0] == line_with("oak", APP)
    assert lines["samples", 1] == line_with('name = "second"', APP) - 1


def test_keys_inside_multi_line_texts_are_no_keys() -> None:
    source = 'a = """\nb = 1\n[c]\n"""\nd = 2\n'
    assert key_lines(source) == {("a",): 1, ("d",): 5}
