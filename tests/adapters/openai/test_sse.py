"""Events are cut where they end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceplate.adapters.openai.sse import MAX_EVENT_BYTES, EventCutter, split_error

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


def test_errors_are_told_from_texts_about_errors() -> None:
    before = b'data: {"content": "\\"error\\": no"}\n\n'
    assert split_error(before) == (before, None)
    assert split_error(before + b'data: {"error": {"code": "x"}}\n\n') == (
        before,
        b'{"error": {"code": "x"}}',
    )
    assert split_error(b'event: error\ndata: {"error": 1}\n\n') == (b"", b'{"error": 1}')
