"""What answers cost that are passed on unread."""

from __future__ import annotations

import json

import pytest

from faceplate.domain.forwarded_figures import StreamFigures, count_whole, estimate_whole
from faceplate.domain.media_types import is_events, is_json
from faceplate.domain.token_counts import TokenCount

FIGURES = {"input_tokens": 3, "output_tokens": 4}
DEEP = b'{"usage": ' + b"[" * 100_000


def watched(*pieces: bytes) -> StreamFigures:
    figures = StreamFigures()
    for piece in pieces:
        figures.add(piece)
    return figures


@pytest.mark.parametrize(
    "end",
    [
        b'data: {"usage": broken\n',
        b'data: {"usage": null}\n',
        b'data: {"usage": {"input_tokens": "many"}}\n',
        b'data: ["usage"]\n',
        b"no figures",
        b'{"usage": ',
        b'["usage"]',
        DEEP,
    ],
)
def test_figures_that_cannot_be_read_are_none(end: bytes) -> None:
    assert watched(end).count is None
    assert count_whole(end) is None


@pytest.mark.parametrize("found", [{"usage": FIGURES}, {"response": {"usage": FIGURES}}])
def test_figures_are_found_in_events_and_in_bodies(found: object) -> None:
    body = json.dumps(found).encode()
    assert count_whole(body) == TokenCount(3, 4)
    assert watched(body[:9], body[9:]).count == TokenCount(3, 4)
    assert watched(b"data: " + body + b"\n\ndata: [DONE]\n\n").count == TokenCount(3, 4)


def test_the_figures_of_a_long_stream_are_at_its_end() -> None:
    word = b'data: {"delta": "word"}\n\n'
    last = b"data: " + json.dumps({"usage": FIGURES}).encode() + b"\n\n"
    figures = watched(*[word * 1000] * 30, last)
    assert figures.count == TokenCount(3, 4)
    assert figures.estimated_completion == 30_001


def test_events_are_counted_wherever_they_are_cut() -> None:
    stream = b'data: {"a": 1}\n\ndata: {"b": 2}\n\n'
    for cut in range(len(stream) + 1):
        assert watched(stream[:cut], stream[cut:]).estimated_completion == 2


def test_bodies_without_figures_are_estimated() -> None:
    chat = {"choices": [{"message": {"content": "x" * 30}}]}
    response = {"output": [{"content": [{"type": "output_text", "text": "x" * 300}]}]}
    assert estimate_whole(json.dumps(chat).encode()) == 10
    assert estimate_whole(json.dumps(response).encode()) > 100
    for nothing in (b"{}", b"[1]", b"no", DEEP):
        assert estimate_whole(nothing) == 0


def test_kinds_are_told_by_content_types() -> None:
    assert is_json("application/json; charset=utf-8")
    assert is_json("Application/X+JSON")
    assert not is_json("text/json-like")
    assert is_events("text/event-stream; charset=utf-8")
    assert not is_events("text/event-streams")
