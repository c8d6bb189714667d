"""Server-sent events cut where they end, and passed on unread."""

from __future__ import annotations

import re

DONE = b"data: [DONE]\n\n"
MAX_EVENT_BYTES = 8_388_608

_FINISHED = re.compile(rb'"finish_reason"\s*:\s*"')
_ERROR = re.compile(rb'(?:\A|(?<=\n))(?:event: ?error\n)?data: ?\{\s*"error"\s*:')
_TAIL_BYTES = 4096


class EventCutter:
    r"""Hold back the half of an event until its other half is there.

    Line ends become ``\n``. Contents are not parsed: this runs for every piece of every stream.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._tail = b""
        self.done = False
        """Whether ``[DONE]`` has been seen."""

    def cut(self, piece: bytes) -> bytes:
        """Return the whole events that this piece completes, perhaps none.

        Raises:
            ValueError: One event is larger than 8 MiB.
        """
        data = self._rest + piece if self._rest else piece
        if b"\r" in data:
            held = b"\r" if data.endswith(b"\r") else b""
            data = data[: len(data) - len(held)].replace(b"\r\n", b"\n") + held
        end = data.rfind(b"\n\n") + 2
        if end < 2:
            if len(data) > MAX_EVENT_BYTES:
                raise ValueError("an event without an end")
            self._rest = data
            return b""
        whole, self._rest = data[:end], data[end:]
        self._tail = (self._tail + whole)[-_TAIL_BYTES:]
        if b"[DONE]" in whole and whole.rstrip().endswith(b"[DONE]"):
            self.done = True
        return whole

    @property
    def ended_well(self) -> bool:
        """Whether a stream that ends here has said all: some servers leave ``[DONE]`` out."""
        return self.done or (not self._rest.strip() and _FINISHED.search(self._tail) is not None)


def split_error(events: bytes) -> tuple[bytes, bytes | None]:
    """Return the events before an error that a provider sent as one, and the error's JSON."""
    if b'"error"' not in events:
        return events, None
    found = _ERROR.search(events)
    if found is None:
        return events, None
    start = events.index(b"{", found.start())
    return events[: found.start()], events[start : events.index(b"\n", start)]
