"""Server-sent events cut where they end, and passed on unread."""

from __future__ import annotations

import re
from typing import Any

from faceplate.adapters.openai.calls import decode
from faceplate.adapters.openai.errors import error_in

DONE = b"data: [DONE]\n\n"
MAX_EVENT_BYTES = 8_388_608

_FINISHED = re.compile(rb'"finish_reason"\s*:\s*"')
_DONE_EVENT = re.compile(rb"(?:\A\n*|(?<=\n\n))(?:(?!data:)[^\n]+\n)*data: ?\[DONE\][ \t]*\n")
_DONE_AT_END = re.compile(rb"\n*(?:(?!data:)[^\n]+\n)*data: ?\[DONE\][ \t]*\n?")
_TAIL_BYTES = 4096


class EventCutter:
    r"""Hold back the half of an event until its other half is there.

    Line ends, which may also be ``\r\n`` or ``\r``, become ``\n``, and the end of the stream,
    however it is written, becomes `DONE`; what follows it is dropped. Contents are not parsed:
    this runs for every piece of every stream.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._tail = b""
        self._after_return = False
        self.done = False
        """Whether ``[DONE]`` has been seen."""

    def cut(self, piece: bytes) -> bytes:
        """Return the whole events that this piece completes, perhaps none.

        Raises:
            ValueError: One event is larger than 8 MiB.
        """
        if self.done:
            return b""
        if self._after_return or b"\r" in piece:
            piece = self._with_line_feeds(piece)
        data = self._rest + piece if self._rest else piece
        end = data.rfind(b"\n\n") + 2
        if end < 2:
            if len(data) > MAX_EVENT_BYTES:
                raise ValueError("an event without an end")
            whole, self._rest = b"", data
        else:
            whole, self._rest = data[:end], data[end:]
            self._tail = (self._tail + whole)[-_TAIL_BYTES:]
        return self._until_done(whole) if b"[DONE]" in data else whole

    def _with_line_feeds(self, piece: bytes) -> bytes:
        if self._after_return and piece:
            piece = piece.removeprefix(b"\n")
            self._after_return = False
        if b"\r" in piece:
            self._after_return = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return piece

    def _until_done(self, whole: bytes) -> bytes:
        """Cut off what follows ``[DONE]``, which needs no empty line after it."""
        found = _DONE_EVENT.search(whole)
        if found is not None:
            self.done, whole = True, whole[: found.start()] + DONE
        elif _DONE_AT_END.fullmatch(self._rest):
            self.done, whole = True, whole + DONE
        if self.done:
            self._rest = b""
        return whole

    @property
    def ended_well(self) -> bool:
        """Whether a stream that ends here has said all: some servers leave ``[DONE]`` out."""
        return self.done or (not self._rest.strip() and _FINISHED.search(self._tail) is not None)


def split_error(events: bytes) -> tuple[bytes, Any]:
    """Return the events before an error that a provider sent as one, and the error.

    In a text the word has no bare quotes, so few events are ever looked into.
    """
    if b'"error"' not in events:
        return events, None
    start = 0
    while start < len(events):
        end = events.index(b"\n\n", start) + 2
        one = events[start:end]
        error = _error_in(one) if b'"error"' in one else None
        if error is not None:
            return events[:start], error
        start = end
    return events, None


def _error_in(event: bytes) -> Any:
    """Return the error that an event carries, at the top or in one of its choices."""
    lines = (line[5:] for line in event.split(b"\n") if line.startswith(b"data:"))
    try:
        found = decode(b"\n".join(lines))
    except ValueError:
        return None
    return error_in(found)
