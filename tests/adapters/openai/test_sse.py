"""Events are cut where they end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceplate.adapters.openai.sse import DONE, MAX_EVENT_BYTES, EventCutter, split_error

STREAM = (
    b'data: {"a": 1}\r\n\r\n: comment\n\nevent: x\ndata: {"b":\ndata: 2}\n\n'
    b'data: {"choices": [{"finish_reason": "stop"}]}\r\n\r\ndata: [DONE]\n\n'
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_pieces_make_no_difference(cuts: list[int]) -> None:
    cutter, found, start = EventCutter(), b"", 0
    for end in [*sorted(cuts), len(STREAM)]:
        whole = cutter.cut(STREAM[start:end])
        assert whole == b"" or whole.endswith(b"\n\n")
        found += whole
        start = end
    assert found == STREAM.replace(b"\r\n", b"\n")
    assert cutter.done
    assert cutter.ended_well


def test_half_an_event_is_held_back() -> None:
    cutter = EventCutter()
    assert cutter.cut(b"data: {") == b""
    assert not cutter.ended_well


def test_an_end_without_done_is_good_after_a_finish() -> None:
    cutter = EventCutter()
    cutter.cut(b'data: {"choices": [{"finish_reason":"length"}]}\n\n')
    assert (cutter.done, cutter.ended_well) == (False, True)


def test_an_event_without_an_end_is_an_error() -> None:
    with pytest.raises(ValueError, match="without an end"):
        EventCutter().cut(b"x" * (MAX_EVENT_BYTES + 1))


def test_done_in_a_text_is_no_end() -> None:
    cutter = EventCutter()
    cutter.cut(b'data: {"content": "[DONE]"}\n\n')
    assert not cutter.done


FINISH = b'data: {"choices": [{"finish_reason": "stop"}]}\n\n'


@pytest.mark.parametrize(
    "end",
    [
        b"data: [DONE]\n\n",
        b"data:[DONE]\n\n",
        b"data: [DONE]\n",
        b"data: [DONE]",
        b"data:[DONE]",
        b"event: done\ndata: [DONE]",
        b": bye\n\n\nid: 7\ndata: [DONE]  \n\n: after\n\ndata: {}\n\n",
    ],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_however_an_end_is_written_and_cut_it_is_done(end: bytes, line_end: bytes) -> None:
    stream = (b'data: {"a": 1}\n\n' + FINISH + end).replace(b"\n", line_end)
    for cut in range(len(stream) + 1):
        cutter = EventCutter()
        pieces = [cutter.cut(piece) for piece in (stream[:cut], b"", stream[cut:])]
        assert all(piece == b"" or piece.endswith(b"\n\n") for piece in pieces)
        said = b"".join(pieces)
        assert said.startswith(b'data: {"a": 1}\n\n' + FINISH)
        assert said.endswith(b"\n\n" + DONE)
        assert said.count(b"DONE") == 1
        assert b"after" not in said
        assert cutter.done
        assert cutter.ended_well
        assert cutter.cut(b": late\n\n") == b""


def test_an_event_is_not_held_back_for_the_second_half_of_its_line_end() -> None:
    cutter = EventCutter()
    assert cutter.cut(b"data: 1\r\n\r") == b"data: 1\n\n"
    assert cutter.cut(b"\ndata: 2\r\r") == b"data: 2\n\n"


def test_what_only_looks_like_an_end_is_none() -> None:
    cutter, line = EventCutter(), b'data: {"a":\ndata: [DONE]\n\n'
    assert b"".join(cutter.cut(line[place : place + 1]) for place in range(len(line))) == line
    assert EventCutter().cut(b"data: [DONE]x\n\n") == b"data: [DONE]x\n\n"
    assert not cutter.done


WORD = b'data: {"choices": [{"delta": {"content": "\\"error\\": no"}}]}\n\n'


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (b'data: {"error": {"code": "x"}}\n\n', {"code": "x"}),
        (b'event: error\ndata:{"error": 1}\n\n', 1),
        (b'data: {"id": "x", "error": {"code": "x"}, "choices": []}\n\n', {"code": "x"}),
        (b'data: {"choices": [7, {"error": {"code": "x"}}]}\n\n', {"code": "x"}),
        (b'data: {"type": "error",\ndata: "error": "words"}\n\n', "words"),
        (b'data: {"object": "error", "code": 400}\n\n', {"object": "error", "code": 400}),
        (b'data: {"error": null, "choices": []}\n\n', None),
        (b'data: {"error": {}, "choices": []}\n\n', None),
        (b'data: {"choices": [{"delta": {"content": "error"}}]}\n\n', None),
        (b'data: {"choices": [{"delta": {"tool": {"error": "no"}}}]}\n\n', None),
        (b'data: ["error"]\n\n', None),
        (b'data: {"error"\n\n', None),
        (b'data: {"error": ' + b"[" * 100_000 + b"\n\n", None),
        (b': "error"\n\n', None),
    ],
)
def test_errors_are_told_from_texts_about_errors(event: bytes, error: object) -> None:
    found = split_error(WORD + event + WORD)
    assert found == ((WORD, error) if error is not None else (WORD + event + WORD, None))
