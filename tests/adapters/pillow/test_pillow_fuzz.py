"""Whatever the bytes, the answer is a picture or an InvalidImage."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faceplate.adapters.pillow.formats import readable
from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.domain.errors import InvalidImage
from hostile_pictures import small

READER = PillowPictures(max_bytes=1_000_000, max_pixels=1_000_000)
STARTS = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"MM\0*", b"RIFF"]
fuzz = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(data: bytes) -> None:
    with contextlib.suppress(InvalidImage):
        picture = READER.decode(data)
        assert picture.pixels.shape == (picture.info.height_px, picture.info.width_px, 3)


@fuzz
@given(start=st.sampled_from([b"", *STARTS]), rest=st.binary(max_size=400))
def test_random_bytes(start: bytes, rest: bytes) -> None:
    read(start + rest)


@pytest.mark.parametrize("kind", readable())
@fuzz
@given(
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=12
    ),
    keep=st.floats(0.2, 1),
)
def test_mutated_pictures(kind: str, changes: list[tuple[float, int]], keep: float) -> None:
    data = bytearray(PICTURES[kind])
    for place, value in changes:
        data[int(place * place * len(data))] = value  # headers more often than pixels
    read(bytes(data[: int(len(data) * keep)]))


PICTURES = {kind: small(kind) for kind in readable()}
