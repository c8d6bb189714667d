"""Drawing boxes and names on a picture, readable on any background and without colour vision.

A known face gets a solid green box, an unknown one a dashed amber box; every line and every plate
has a dark edge, so that it stands out on light and dark alike.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TypeAlias

from PIL import Image, ImageDraw, ImageFont

from faceplate.domain.faces import BoundingBox, Pixels
from faceplate.ports.pictures import Label

_KNOWN = (46, 204, 96)
_UNKNOWN = (255, 176, 0)
_DARK = (16, 16, 16)
_MAX_TEXT_CHARS = 40
_JPEG_QUALITY = 90

_Corners: TypeAlias = tuple[int, int, int, int]
_Font: TypeAlias = ImageFont.ImageFont | ImageFont.FreeTypeFont


def draw_labels(pixels: Pixels, labels: Sequence[Label]) -> bytes:
    """Return a JPEG of the picture with a box and a text plate for every label."""
    return label_image(Image.fromarray(pixels), labels)


def label_image(image: Image.Image, labels: Sequence[Label]) -> bytes:
    """Draw on the image itself, as `draw_labels` does, and return it as a JPEG."""
    draw = ImageDraw.Draw(image)
    shorter_px = min(image.size)
    line_px = max(2, round(shorter_px / 300))
    font = ImageFont.load_default(size=max(11, round(shorter_px / 38)))
    boxes = [_corners(label.box, image.size) for label in labels]
    for label, box in zip(labels, boxes, strict=True):
        _draw_box(draw, box, line_px, known=label.known)
    # Plates last, so that no neighbour's box crosses a name.
    for label, box in zip(labels, boxes, strict=True):
        if label.text:
            _draw_plate(draw, box, label, font, image.size)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return encoded.getvalue()


def _corners(box: BoundingBox, size: tuple[int, int]) -> _Corners:
    """Return left, top, right, bottom in pixels, inside the picture and in that order."""
    left = min(max(round(box.left * size[0]), 0), size[0] - 1)
    top = min(max(round(box.top * size[1]), 0), size[1] - 1)
    right = min(max(round((box.left + box.width) * size[0]), left), size[0] - 1)
    bottom = min(max(round((box.top + box.height) * size[1]), top), size[1] - 1)
    return left, top, right, bottom


def _draw_box(draw: ImageDraw.ImageDraw, box: _Corners, line_px: int, *, known: bool) -> None:
    draw.rectangle(box, outline=_DARK, width=line_px + 2)
    if known:
        draw.rectangle(box, outline=_KNOWN, width=line_px)
        return
    left, top, right, bottom = box
    dash_px = line_px * 5
    for x in range(left, right, dash_px * 2):
        end = min(x + dash_px, right)
        draw.rectangle((x, top, end, min(top + line_px - 1, bottom)), fill=_UNKNOWN)
        draw.rectangle((x, max(bottom - line_px + 1, top), end, bottom), fill=_UNKNOWN)
    for y in range(top, bottom, dash_px * 2):
        end = min(y + dash_px, bottom)
        draw.rectangle((left, y, min(left + line_px - 1, right), end), fill=_UNKNOWN)
        draw.rectangle((max(right - line_px + 1, left), y, right, end), fill=_UNKNOWN)


def _draw_plate(
    draw: ImageDraw.ImageDraw, box: _Corners, label: Label, font: _Font, size: tuple[int, int]
) -> None:
    text = _fit(label.text, font, size[0] - 8)
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    width_px, height_px = round(right - left) + 8, round(bottom - top) + 6
    x = max(0, min(box[0], size[0] - width_px))
    y = box[1] - height_px if box[1] >= height_px else min(box[3] + 1, size[1] - height_px)
    y = max(0, y)
    colour = _KNOWN if label.known else _UNKNOWN
    draw.rectangle((x, y, x + width_px - 1, y + height_px - 1), fill=_DARK, outline=colour)
    draw.text((x + 4 - left, y + 3 - top), text, font=font, fill=colour)


def _fit(text: str, font: _Font, width_px: int) -> str:
    """Return the text in one line, cut with an ellipsis to fit the picture."""
    line = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(line.encode("utf-8", "replace").decode().split())
    if len(line) > _MAX_TEXT_CHARS:
        line = line[: _MAX_TEXT_CHARS - 1] + "…"
    while len(line) > 1 and font.getlength(line) > width_px:
        line = line[:-2] + "…"
    return line
