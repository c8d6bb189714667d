"""A small application as a file, to be broken in one place at a time."""

from __future__ import annotations

from pathlib import Path

APP = '''slug = "demo"
title = "Demo"
summary = "A demo."
category = "generate"
source_url = "https://example.com/demo"
temperature = 0.5
max_tokens = 100
system_prompt = """
Say {{n}} things
about {{topic}}.
"""
typed_instructions = "As JSON."
result_schema = \'\'\'
{
  "type": "object",
  "properties": {"things": {"type": "array", "maxItems": "{{n}}"}},
  "required": ["things"]
}
\'\'\'
checks = [
  { check = "count", path = "things[]", at_most = "{{n}}" },
  { check = "not_empty", on = "text" },
]

[[parameters]]
name = "n"
type = "integer"
summary = "How many."
default = 3
minimum = 1
maximum = 9

[[parameters]]
name = "topic"
type = "text"
summary = "About what."
default = "trees"

[[examples]]
input = "birds"
text = "A bird."
result = \'\'\'{"things": ["a bird"]}\'\'\'

[[samples]]
name = "first"
use = "tune"
input = "go on"
expect = [
  { check = "contains", path = "things[]", any = ["oak"] },
]

[[samples]]
name = "second"
use = "report"
mode = "text"
input = "now"
parameters = { n = 2 }
'''


def write_app(folder: Path, slug: str, *changes: tuple[str, str]) -> Path:
    """Write the application under a slug, with some of its text replaced."""
    text = APP.replace('slug = "demo"', f'slug = "{slug}"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / f"{slug}.toml"
    path.write_text(text, encoding="utf-8")
    return path
