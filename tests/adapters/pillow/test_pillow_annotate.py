"""Labels of any text and boxes of any place can be drawn."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from faceplate.adapters.pillow.annotate import draw_labels
from faceplate.domain.faces import BoundingBox
from faceplate.ports.pictures import Label

GREY = np.full((240, 320, 3), 128, np.uint8)
MIDDLE = BoundingBox(left=0.4, top=0.4, width=0.2, height=0.2)


def draw(labels: list[Label], pixels: np.ndarray = GREY) -> np.ndarray:
    drawn = Image.open(io.BytesIO(draw_labels(pixels, labels)))
    assert drawn.format == "JPEG"
    return np.asarray(drawn).astype(int)


@pytest.mark.parametrize(
    "text",
    [
        "Ann",
        "Zoë Çelik",
        "山田太郎",
        "عمر",
        "👩‍🚀",
        "two\nlines",
        "\x00\x07",
        "\ud800",
        "x" * 5_000,
    ],
)
def test_any_text_can_be_drawn(text: str) -> None:
    assert draw([Label(MIDDLE, text, known=True)]).shape == GREY.shape


def test_a_long_name_is_cut_to_the_picture() -> None:
    narrow = np.full((200, 60, 3), 128, np.uint8)
    drawn = draw([Label(MIDDLE, "Maximiliana Featherstonehaugh", known=False)], narrow)
    assert drawn.shape == narrow.shape
    assert np.abs(drawn - 128).max() > 60


@pytest.mark.parametrize(
    "box",
    [
        BoundingBox(left=-0.5, top=-0.5, width=2, height=2),
        BoundingBox(left=1.5, top=1.5, width=0.2, height=0.2),
        BoundingBox(left=0.99, top=0.0, width=0.5, height=0.0),
        BoundingBox(left=0, top=0, width=0, height=0),
    ],
)
def test_a_box_past_the_edge_is_drawn_inside(box: BoundingBox) -> None:
    drawn = draw([Label(box, "Ann", known=True), Label(box, "unknown", known=False)])
    assert drawn.shape == GREY.shape


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_boxes_stand_out_on_any_background(shade: int) -> None:
    pixels = np.full((240, 320, 3), shade, np.uint8)
    for known in (True, False):
        drawn = draw([Label(MIDDLE, "name", known=known)], pixels)
        assert np.abs(drawn - shade).max() > 100


def test_no_labels_leave_the_picture_alone() -> None:
    assert np.abs(draw([]) - 128).max() <= 1
