"""What an answer cost that was passed on unread: the provider's figures, else an estimate."""

from __future__ import annotations

import json

from faceplate.domain.token_counts import TokenCount, count_in, estimate_answer, estimate_text

_END_BYTES = 262_144
"""How much of a stream's end is kept: the figures are in its last events."""

_MARK = b"data:"


class StreamFigures:
    """Count the tokens of an answer in pieces as it passes by."""

    def __init__(self) -> None:
        self._end = bytearray()
        self._events = 0

    def add(self, piece: bytes) -> None:
        """Look at a piece."""
        end = self._end
        start = max(0, len(end) - len(_MARK) + 1)
        end += piece
        self._events += end.count(_MARK, start)
        if len(end) > 2 * _END_BYTES:
            del end[:-_END_BYTES]

    @property
    def estimated_completion(self) -> int:
        """About one token an event, for streams that ended without figures."""
        return self._events

    @property
    def count(self) -> TokenCount | None:
        """The last figures that passed, in an event or in a JSON body sent in pieces."""
        end = bytes(self._end)
        for line in reversed(end.split(b"\n")):
            if b'"usage"' in line:
                count = _count_of(_decode(line.removeprefix(_MARK)))
                if count is not None:
                    return count
        return count_whole(end)


def count_whole(body: bytes) -> TokenCount | None:
    """Find the figures in a JSON body."""
    return _count_of(_decode(body)) if b'"usage"' in body else None


def estimate_whole(body: bytes) -> int:
    """Estimate the tokens that were written for a JSON body, a chat's or a response's."""
    found = _decode(body)
    if not isinstance(found, dict):
        return 0
    if isinstance(found.get("choices"), list):
        return estimate_answer(found)
    output = found.get("output")
    return estimate_text(json.dumps(output)) if output else 0


def _decode(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _count_of(found: object) -> TokenCount | None:
    """Read figures at the top, or in the ``response`` that a Responses event carries."""
    if not isinstance(found, dict):
        return None
    inner = found.get("response")
    return count_in(found.get("usage")) or (
        count_in(inner.get("usage")) if isinstance(inner, dict) else None
    )
