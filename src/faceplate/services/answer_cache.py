"""Answers that would come out the same: remembered for a while."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from typing import Any

from faceplate.ports.chat import ChatBody
from faceplate.ports.runtime import Runtime

_LARGEST_CHARS = 262_144
_ONE = (None, 1)


class AnswerCache:
    """Keep answers to requests at temperature 0, the least recently used go first.

    A caller only ever meets its own: whether somebody else asked the same is nobody's business.
    """

    def __init__(self, *, runtime: Runtime, entries: int, kept_s: float) -> None:
        self._runtime = runtime
        self._entries = entries
        self._kept_s = kept_s
        self._answers: OrderedDict[str, tuple[float, str]] = OrderedDict()

    @staticmethod
    def place_of(caller: str, body: ChatBody) -> str | None:
        """Return where the answer to a request is kept; None when it is not one to keep."""
        if body.get("temperature") != 0 or body.get("n", 1) not in _ONE or body.get("tools"):
            return None
        try:
            written = json.dumps([caller, body], sort_keys=True)
        except RecursionError:
            return None
        return hashlib.sha256(written.encode("ascii")).hexdigest()

    def find(self, place: str) -> ChatBody | None:
        """Return a copy of an answer that is kept and not too old."""
        kept = self._answers.get(place)
        if kept is None:
            return None
        until_s, written = kept
        if self._runtime.monotonic_s() > until_s:
            del self._answers[place]
            return None
        self._answers.move_to_end(place)
        answer: ChatBody = json.loads(written)
        return answer

    def keep(self, place: str, answer: ChatBody) -> None:
        """Keep an answer that came to its own end."""
        if not _is_whole(answer):
            return
        written = json.dumps(answer)
        if len(written) > _LARGEST_CHARS:
            return
        self._answers[place] = (self._runtime.monotonic_s() + self._kept_s, written)
        self._answers.move_to_end(place)
        if len(self._answers) > self._entries:
            self._answers.popitem(last=False)

    def forget(self, place: str) -> None:
        """Forget an answer that turned out to be of no use."""
        self._answers.pop(place, None)


def _is_whole(answer: dict[str, Any]) -> bool:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        return False
    return all(
        isinstance(choice, dict)
        and choice.get("finish_reason") == "stop"
        and isinstance(choice.get("message"), dict)
        for choice in choices
    )
