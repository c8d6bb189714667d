"""Whether an answer with a good status is one."""

from __future__ import annotations

import contextlib
import re

import msgspec

from faceplate.adapters.openai.calls import decode
from faceplate.adapters.openai.errors import error_in
from faceplate.domain.media_types import is_events, is_json
from faceplate.ports.chat import SPEECH, TRANSCRIPTIONS, TRANSLATIONS, ChatBody

_OTHER_FORMS = {
    SPEECH: re.compile(r"(?!text/)", re.IGNORECASE),
    TRANSCRIPTIONS: re.compile(""),
    TRANSLATIONS: re.compile(""),
}
"""The surfaces whose answers need not be JSON, and the content types they may have.

A page is no sound; subtitles come as any kind of text.
"""


class _Object(msgspec.Struct):
    """Any JSON object."""


def completion_in(data: bytes) -> ChatBody | None:
    """Return a ``chat.completion`` with its choices and their messages; None if it is none."""
    try:
        answer = decode(data)
    except ValueError:
        return None
    if not isinstance(answer, dict) or error_in(answer) is not None:
        return None
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        return None
    for choice in choices:
        if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
            return None
    return answer


def may_be(surface: str, content_type: str) -> bool:
    """Tell whether a surface answers in this content type; a proxy's page is no answer."""
    if is_json(content_type) or is_events(content_type):
        return True
    forms = _OTHER_FORMS.get(surface)
    return forms is not None and forms.match(content_type) is not None


def is_sound(surface: str, data: bytes) -> bool:
    """Tell whether JSON is what a surface answers: an object, and no error."""
    if b'"error"' in data:
        with contextlib.suppress(ValueError):
            if error_in(decode(data)) is not None:
                return False
    return surface in _OTHER_FORMS or _is_object(data)


def _is_object(data: bytes) -> bool:
    """Tell whether JSON is an object; nothing is made of its members, which may be millions."""
    try:
        msgspec.json.decode(data, type=_Object)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        with contextlib.suppress(ValueError):
            return isinstance(decode(data), dict)
        return False
    return True
