"""Typed results: how one is asked for, read out of a text, and asked for again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from faceplate.domain.errors import UpstreamFailed

LOOSEST = 2
"""How often a provider that refuses a schema is met half-way: strict, not strict, no schema."""

_MAX_PROBLEMS = 5
_MAX_PROBLEM_CHARS = 200
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_FENCE = re.compile(r"\A```[a-zA-Z]*\s*\n(.*)\n?```\s*\Z", re.DOTALL)


def response_format(name: str, schema: Mapping[str, Any], looseness: int) -> dict[str, Any] | None:
    """Return OpenAI's ``response_format`` for a schema; None at the loosest."""
    if looseness >= LOOSEST:
        return None
    return {
        "type": "json_schema",
        "json_schema": {
            "name": _NOT_IN_NAMES.sub("_", name)[:64],
            "schema": schema,
            "strict": looseness == 0 and is_closed(schema),
        },
    }


def is_closed(schema: object) -> bool:
    """Tell whether every object of a schema names all of its members as required and no others.

    Source: OpenAI's rules for ``strict`` structured outputs.
    """
    if isinstance(schema, Mapping):
        if schema.get("type") == "object" or "properties" in schema:
            properties = schema.get("properties") or {}
            if schema.get("additionalProperties") is not False:
                return False
            if set(properties) != set(schema.get("required") or ()):
                return False
            return all(is_closed(each) for each in properties.values())
        return all(is_closed(value) for name, value in schema.items() if name != "enum")
    if isinstance(schema, (list, tuple)):
        return all(is_closed(each) for each in schema)
    return True


def parse_result(text: str, finish_reason: object) -> tuple[Any, str | None]:
    """Read the JSON of an answer, bare or in a code fence; else say what is wrong with it."""
    if finish_reason == "length":
        return None, "The answer was cut off at the token limit."
    text = text.strip()
    fenced = _FENCE.match(text)
    try:
        return json.loads(fenced[1] if fenced else text, parse_constant=_refuse_constant), None
    except (ValueError, RecursionError):
        return None, "The answer is not one JSON value."


def repair_messages(
    messages: Sequence[Mapping[str, Any]], answer: str, problems: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the messages that ask for the same result again, with what was wrong."""
    found = "\n".join(f"- {problem}" for problem in _few(problems))
    return [
        *(dict(message) for message in messages),
        {"role": "assistant", "content": answer},
        {
            "role": "user",
            "content": "That answer cannot be used:\n"
            f"{found}\n"
            "Answer again, shorter if it was cut off. Write the corrected JSON and nothing else.",
        },
    ]


def result_invalid(problems: Sequence[str]) -> UpstreamFailed:
    """Make the error for a model that does not bring about a proper result."""
    return UpstreamFailed(
        "The language model did not give a result that fits the schema.",
        code="result_invalid",
        details={"problems": _few(problems)},
    )


def _few(problems: Sequence[str]) -> list[str]:
    return [problem[:_MAX_PROBLEM_CHARS] for problem in problems[:_MAX_PROBLEMS]]


def _refuse_constant(name: str) -> object:
    raise ValueError(name)
