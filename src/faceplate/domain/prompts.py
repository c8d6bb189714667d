"""Prompt applications: values, and the pure step from an application and an input to messages.

A template names its parameters as ``{{name}}``. It is filled in one pass, so nothing that a caller
sends is ever read as a template, and only an application's own texts are templates.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.prompt_parameters import Parameter, ParameterValue, is_clean

Message = dict[str, Any]
"""One message in OpenAI's form, with ``role`` and ``content``."""

ResultMode = Literal["text", "typed"]

VARIABLE = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")
NEEDS = frozenset({"json_schema", "vision", "tools", "embeddings", "moderation"})
CATEGORIES = ("transform", "extract", "classify", "code", "generate", "chat")
MAX_INPUT_CHARS = 200_000
MAX_HISTORY = 200
_HISTORY_ROLES = ("user", "assistant")


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One deterministic check: its name, the part of the answer it looks at, and its options.

    ``path`` is a place in the typed result, as in ``steps[].road``; a text answer is looked at
    whole. ``on`` says for which kind of answer it counts. Texts of the form ``{{name}}`` in the
    options stand for the value of a parameter.
    """

    name: str
    path: str = ""
    on: Literal["text", "typed", "any"] = "typed"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """A pair shown to the model before the caller's input: a text answer, a typed one or both."""

    input_text: str
    text: str | None = None
    result: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """An input with what any good answer to it has; ``tune`` and ``report`` are never mixed."""

    name: str
    use: Literal["tune", "report"]
    input_text: str
    mode: ResultMode = "typed"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[Message, ...] = ()
    expect: tuple[CheckSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptApp:
    """One application: everything needed to ask a model, and to judge its answer.

    ``result_schema`` and the checks' options may refer to parameters; `result_schema_for` fills
    them in. ``max_tokens`` and ``temperature`` (0 to 2) are defaults that a caller may override
    within limits.
    """

    slug: str
    title: str
    summary: str
    category: str
    source_url: str
    system_prompt: str
    typed_instructions: str
    temperature: float
    max_tokens: int
    result_schema: Mapping[str, Any]
    legacy: bool = False
    needs: frozenset[str] = frozenset()
    parameters: tuple[Parameter, ...] = ()
    examples: tuple[Example, ...] = ()
    checks: tuple[CheckSpec, ...] = ()
    samples: tuple[Sample, ...] = ()
    _usual: dict[bool, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def system_text(self, values: Mapping[str, ParameterValue], *, typed: bool) -> str:
        """Return the system prompt under these values, with what a typed answer needs to know."""
        system = fill(self.system_prompt, self.parameters, values)
        if not typed:
            return system
        instructions = fill(self.typed_instructions, self.parameters, values)
        return f"{system}\n\n{instructions}".rstrip()

    def usual_system_text(self, *, typed: bool) -> str:
        """Return the system prompt under the defaults, which most callers want; filled once."""
        known = self._usual.get(typed)
        if known is None:
            known = self._usual[typed] = self.system_text(self.resolve({}), typed=typed)
        return known

    def resolve(self, given: Mapping[str, object]) -> dict[str, ParameterValue]:
        """Return every parameter's value: the caller's where given, else the default.

        Raises:
            InvalidParameter: A parameter the application does not have, or a value it refuses.
        """
        if not given:
            return {one.name: one.default for one in self.parameters}
        known = {one.name: one for one in self.parameters}
        for name in given:
            if name not in known:
                offered = ", ".join(known) or "none"
                raise InvalidParameter(
                    f"{self.slug} has no such parameter; it takes: {offered}.",
                    parameter="parameters",
                )
        return {
            name: one.accept(given[name]) if name in given else one.default
            for name, one in known.items()
        }


def render(
    app: PromptApp,
    parameters: Mapping[str, object],
    input_text: str,
    history: Sequence[Mapping[str, object]] = (),
    *,
    typed: bool = False,
) -> list[Message]:
    """Make the messages: the system prompt, the app's own examples, the history, then the input.

    Raises:
        InvalidParameter: A parameter, the input or a message of the history is not acceptable.
    """
    if parameters:
        system = app.system_text(app.resolve(parameters), typed=typed)
    else:
        system = app.usual_system_text(typed=typed)
    messages: list[Message] = [{"role": "system", "content": system}]
    for example in app.examples:
        answer = _example_answer(example, typed=typed)
        if answer is not None:
            messages.append({"role": "user", "content": example.input_text})
            messages.append({"role": "assistant", "content": answer})
    messages.extend(accept_history(history))
    messages.append({"role": "user", "content": accept_input(input_text)})
    return messages


def result_schema_for(app: PromptApp, parameters: Mapping[str, object]) -> dict[str, Any]:
    """Return the JSON Schema of the typed result under these parameters.

    Raises:
        InvalidParameter: A parameter is not acceptable.
    """
    filled: dict[str, Any] = substitute(app.result_schema, app.resolve(parameters))
    return filled


def substitute(node: Any, values: Mapping[str, ParameterValue]) -> Any:
    """Return JSON-like data with every text that is exactly ``{{name}}`` replaced by its value."""
    if isinstance(node, str):
        found = VARIABLE.fullmatch(node)
        if found is None:
            return node
        value = values[found[1]]
        return list(value) if isinstance(value, tuple) else value
    if isinstance(node, Mapping):
        return {key: substitute(value, values) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [substitute(value, values) for value in node]
    return node


def fill(
    template: str, parameters: Sequence[Parameter], values: Mapping[str, ParameterValue]
) -> str:
    """Return a template with each variable replaced once by its parameter's wording."""
    if "{{" not in template:
        return template.strip()
    worded = {one.name: one for one in parameters}
    pieces = _pieces(template)
    filled = "".join(
        [
            worded[piece].worded(values[piece]) if place % 2 else piece
            for place, piece in enumerate(pieces)
        ]
    )
    return _EMPTY_LINES.sub("\n\n", filled).strip()


def accept_input(input_text: object) -> str:
    """Return the input if it is text of a bearable length.

    Raises:
        InvalidParameter: Not a text, empty, too long or not valid Unicode.
    """
    if not isinstance(input_text, str) or not input_text.strip():
        raise InvalidParameter("input_text must be a text that is not empty.", parameter=_INPUT)
    if len(input_text) > MAX_INPUT_CHARS:
        raise InvalidParameter(
            f"input_text has more than {MAX_INPUT_CHARS} characters.",
            parameter=_INPUT,
            code="input_too_long",
        )
    if not is_clean(input_text):
        raise InvalidParameter("input_text is not valid Unicode text.", parameter=_INPUT)
    return input_text


def accept_history(history: Sequence[Mapping[str, object]]) -> list[Message]:
    """Return the history with nothing in it but roles ``user`` and ``assistant`` and texts.

    Raises:
        InvalidParameter: Another role, a content that is no text, or too many messages.
    """
    if len(history) > MAX_HISTORY:
        raise InvalidParameter(
            f"The history has more than {MAX_HISTORY} messages.", parameter=_HISTORY
        )
    accepted: list[Message] = []
    for one in history:
        role, content = (one.get("role"), one.get("content")) if isinstance(one, Mapping) else _NONE
        if role not in _HISTORY_ROLES:
            raise InvalidParameter(
                "Messages of the history have the role user or assistant.", parameter=_HISTORY
            )
        if not isinstance(content, str) or not is_clean(content):
            raise InvalidParameter("A message of the history is not text.", parameter=_HISTORY)
        accepted.append({"role": role, "content": content})
    if sum(len(one["content"]) for one in accepted) > MAX_INPUT_CHARS:
        raise InvalidParameter(
            f"The history has more than {MAX_INPUT_CHARS} characters.",
            parameter=_HISTORY,
            code="input_too_long",
        )
    return accepted


_INPUT = "input_text"
_HISTORY = "messages"
_NONE = (None, None)
_EMPTY_LINES = re.compile(r"\n{3,}")


@functools.lru_cache(maxsize=1024)
def _pieces(template: str) -> tuple[str, ...]:
    return tuple(VARIABLE.split(template))


def _example_answer(example: Example, *, typed: bool) -> str | None:
    if typed:
        return None if example.result is None else json.dumps(example.result, ensure_ascii=False)
    return example.text
