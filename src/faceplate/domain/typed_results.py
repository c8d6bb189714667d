"""Typed results: how one is asked for, read out of a text, and asked for again."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from faceplate.domain.chat_answers import sendable
from faceplate.domain.errors import UpstreamFailed

NOT_STRICT = 1
LOOSEST = 2
"""How often a provider that refuses a schema is met half-way: strict, not strict, no schema."""

_MAX_PROBLEMS = 5
_MAX_PROBLEM_CHARS = 200
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
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
            return _is_closed_object(schema)
        return all(is_closed(value) for name, value in schema.items() if name != "enum")
    if isinstance(schema, (list, tuple)):
        return all(is_closed(each) for each in schema)
    return True


def _is_closed_object(schema: Mapping[str, Any]) -> bool:
    properties, required = schema.get("properties") or {}, schema.get("required") or ()
    if schema.get("additionalProperties") is not False:
        return False
    if not isinstance(properties, Mapping) or not isinstance(required, (list, tuple)):
        return False
    if len(required) != len(properties) or any(name not in required for name in properties):
        return False
    return all(is_closed(each) for each in properties.values())


def parse_result(text: str, finish_reason: object) -> tuple[Any, str | None]:
    """Read the JSON of an answer, bare or in a code fence; else say what is wrong with it."""
    if finish_reason == "length":
        return None, "The answer was cut off at the token limit."
    text = text.strip()
    fenced = _FENCE.match(text)
    written = fenced[1] if fenced else text
    try:
        result = json.loads(written, parse_constant=_refuse_constant, parse_float=_finite)
        if _HALF.search(written):
            json.dumps(result, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return None, "The answer has half a character in it: a surrogate without its other half."
    except (ValueError, RecursionError):
        return None, "The answer is not one JSON value."
    return result, None


def repair_messages(
    messages: Sequence[Mapping[str, Any]], answer: str, problems: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the messages that ask for the same result again, with what was wrong."""
    found = "\n".join(f"- {problem}" for problem in _few(problems))
    return [
        *(dict(message) for message in messages),
        {"role": "assistant", "content": sendable(answer)},
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
    return [sendable(problem)[:_MAX_PROBLEM_CHARS] for problem in problems[:_MAX_PROBLEMS]]


def _finite(written: str) -> float:
    number = float(written)
    if math.isinf(number):
        raise ValueError(written)
    return number


def _refuse_constant(name: str) -> object:
    raise ValueError(name)
