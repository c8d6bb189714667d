"""Parameters that a model refuses: left out, and remembered by name or by value."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from faceplate.adapters.openai.errors import Refusal
from faceplate.ports.chat import ChatBody

SPARE = frozenset(
    {
        "temperature",
        "top_p",
        "presence_penalty",
        "frequency_penalty",
        "seed",
        "logit_bias",
        "stream_options",
        "parallel_tool_calls",
        "reasoning_effort",
        "verbosity",
        "user",
        "max_tokens",
        "max_completion_tokens",
    }
)
"""Parameters without which an answer is still an answer to the same question.

Tools, formats, stop words or the number of answers are not among them: what a caller asked for in
those ways is given or refused, never quietly left out.
"""

_RENAMED = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
"""Limits that are never left out, only called by their other name."""

_QUOTED = re.compile(r"['\"`]([a-z_]{1,40})['\"`]")
_STATUSES = frozenset({400, 422})
_MODELS_KEPT = 256
_VALUES_KEPT = 64
"""Of each model; the oldest goes, and costs one more refusal should it come back."""

_VALUE_CHARACTERS = 256


@dataclass(slots=True)
class _Known:
    """What one model refuses: parameters whatever their value, and single values of others."""

    names: set[str] = field(default_factory=set)
    values: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)

    def has(self, name: str, value: object) -> bool:
        return name in self.names or (
            bool(self.values) and name in SPARE and (name, repr(value)) in self.values
        )

    def keep_value(self, name: str, value: object) -> None:
        written = repr(value)
        if len(written) <= _VALUE_CHARACTERS:
            self.values[name, written] = None
            if len(self.values) > _VALUES_KEPT:
                self.values.popitem(last=False)


class RefusedParameters:
    """What each model of one provider is known to refuse.

    A value that a model does not take says nothing about other values: one caller's wrong one
    must not cost the others theirs.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Known] = OrderedDict()

    def without(self, body: ChatBody) -> tuple[ChatBody, Sequence[str]]:
        """Return the body as its model takes it, and the names that were left out or renamed."""
        known = self._known.get(str(body.get("model")))
        if known is None:
            return body, ()
        found = [name for name, value in body.items() if known.has(name, value)]
        return (leave_out(body, found), found) if found else (body, ())

    def learn(self, body: ChatBody, refusal: Refusal) -> str | None:
        """Remember what was refused in this body; return it if it is worth trying without."""
        name = _named(refusal, body)
        if name is None:
            return None
        model = str(body.get("model"))
        known = self._known.get(model)
        twin = _RENAMED.get(name)
        if twin is not None:
            if refusal.code == "unsupported_value":
                return None
            if known is not None and twin in known.names:
                # Under neither name: perhaps the first refusal meant something else.
                known.names.discard(twin)
                return None
        if known is None:
            known = self._known[model] = _Known()
            if len(self._known) > _MODELS_KEPT:
                self._known.popitem(last=False)
        if twin is not None or _is_about_the_name(refusal):
            known.names.add(name)
        else:
            known.keep_value(name, body[name])
        return name


def leave_out(body: ChatBody, names: Iterable[str]) -> ChatBody:
    """Return a body without some parameters; a token limit stays under its other name."""
    kept = {name: value for name, value in body.items() if name not in names}
    for name in names:
        other = _RENAMED.get(name)
        if other is not None and kept.get(other) is None:
            kept[other] = body[name]
    return kept


def _named(refusal: Refusal, body: ChatBody) -> str | None:
    """Find the one parameter a refusal is about, if we sent it and can do without it."""
    if refusal.status not in _STATUSES:
        return None
    if refusal.parameter is not None:
        name = refusal.parameter.partition(".")[0]
        return name if name in SPARE and name in body and _is_about_support(refusal) else None
    if not _is_about_support(refusal):
        return None
    # Some servers name it in the sentence only; a sentence that names two is left alone, but for
    # "use 'b' instead of 'a'", where only one of them was sent.
    named = {name for name in _QUOTED.findall(refusal.message) if name in SPARE and name in body}
    return named.pop() if len(named) == 1 else None


def _is_about_support(refusal: Refusal) -> bool:
    """Tell "this model does not take it" from "this value is out of range"."""
    if refusal.code in {"unsupported_parameter", "unsupported_value", "unknown_parameter"}:
        return True
    text = refusal.message.lower()
    return any(
        words in text
        for words in (
            "not support",
            "unsupported",
            "unrecognized",
            "unknown",
            "unexpected",
            "not permitted",
            "not allowed",
            "extra inputs",
        )
    )


def _is_about_the_name(refusal: Refusal) -> bool:
    """Tell "this model has no such parameter" from "it does not take this value"."""
    if refusal.code in {"unsupported_parameter", "unknown_parameter"}:
        return True
    text = refusal.message.lower()
    return (
        refusal.code != "unsupported_value"
        and "value" not in text
        and any(words in text for words in ("unrecognized", "unknown", "extra inputs"))
    )
