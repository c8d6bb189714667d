"""Parameters that a model refuses: left out from then on, and remembered."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence

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
_QUOTED = re.compile(r"['\"`]([a-z_]{1,40})['\"`]")
_STATUSES = frozenset({400, 422})
_MODELS_KEPT = 256


class RefusedParameters:
    """What each model of one provider is known to refuse."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, frozenset[str]] = OrderedDict()

    def without(self, body: ChatBody) -> tuple[ChatBody, Sequence[str]]:
        """Return the body as its model takes it, and the names that were left out or renamed."""
        known = self._known.get(str(body.get("model")))
        if not known:
            return body, ()
        found = [name for name in body if name in known]
        if not found:
            return body, ()
        kept = {name: value for name, value in body.items() if name not in known}
        for name in found:
            other = _RENAMED.get(name)
            if other is not None and other not in known:
                kept.setdefault(other, body[name])
        return kept, found

    def learn(self, body: ChatBody, refusal: Refusal) -> bool:
        """Remember what was refused in this body; tell whether trying again makes sense."""
        name = _named(refusal, body)
        if name is None:
            return False
        model = str(body.get("model"))
        known = self._known.pop(model, frozenset())
        self._known[model] = known | {name}
        if len(self._known) > _MODELS_KEPT:
            self._known.popitem(last=False)
        return name not in known


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
