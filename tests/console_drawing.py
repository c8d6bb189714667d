"""Faces that are drawn, for pictures of the console: nobody is on them."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw

_SHARP = 4
"""Drawn so many times larger, then made small: soft edges."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Head:
    """Somebody drawn: the colour is what the engine for drawings goes by."""

    name: str
    skin: Colour
    hair: Colour
    long_hair: bool = False
    glasses: bool = False


ADA = Head("Ada", (233, 150, 122), (92, 51, 41), long_hair=True)
NOOR = Head("Noor", (122, 178, 140), (32, 64, 58), glasses=True)
IVO = Head("Ivo", (126, 150, 216), (40, 48, 96))
STRANGER = Head("somebody", (222, 190, 92), (112, 76, 22), long_hair=True, glasses=True)


def portrait(*heads: Head, side_px: int = 300, mouth: int = 0, form: str = "PNG") -> bytes:
    """Draw heads side by side on white; ``mouth`` is 0 for a smile, 1 for none, 2 for an O."""
    gap = side_px // 6
    width = len(heads) * (side_px + gap) + gap
    picture = Image.new("RGB", (width * _SHARP, (side_px + 2 * gap) * _SHARP), "white")
    for place, head in enumerate(heads):
        left = gap + place * (side_px + gap)
        top = gap + (place % 2) * gap // 2
        _draw(ImageDraw.Draw(picture), head, (left * _SHARP, top * _SHARP), side_px * _SHARP, mouth)
    out = io.BytesIO()
    picture.resize((width, side_px + 2 * gap), Image.Resampling.LANCZOS).save(out, form)
    return out.getvalue()


def _draw(
    pen: ImageDraw.ImageDraw, head: Head, corner: tuple[int, int], side: int, mouth: int
) -> None:
    x, y = corner

    def at(left: float, top: float, right: float, bottom: float) -> tuple[float, ...]:
        return (x + left * side, y + top * side, x + right * side, y + bottom * side)

    if head.long_hair:
        pen.rounded_rectangle(at(0.12, 0.1, 0.88, 0.9), side * 0.34, fill=head.hair)
    pen.ellipse(at(0.14, 0.02, 0.86, 0.7), fill=head.hair)
    pen.ellipse(at(0.1, 0.46, 0.22, 0.64), fill=head.skin)
    pen.ellipse(at(0.78, 0.46, 0.9, 0.64), fill=head.skin)
    pen.ellipse(at(0.18, 0.12, 0.82, 0.98), fill=head.skin)
    pen.chord(at(0.16, 0.04, 0.84, 0.56), 190, 350, fill=head.hair)
    dark = (38, 36, 44)
    for eye in (0.37, 0.63):
        pen.ellipse(at(eye - 0.035, 0.48, eye + 0.035, 0.56), fill=dark)
        if head.glasses:
            pen.ellipse(at(eye - 0.1, 0.42, eye + 0.1, 0.62), outline=dark, width=side // 60)
    if head.glasses:
        pen.line(at(0.47, 0.51, 0.53, 0.51), fill=dark, width=side // 60)
    if mouth == 0:
        pen.arc(at(0.36, 0.58, 0.64, 0.82), 20, 160, fill=dark, width=side // 45)
    elif mouth == 1:
        pen.line(at(0.4, 0.76, 0.6, 0.76), fill=dark, width=side // 45)
    else:
        pen.ellipse(at(0.45, 0.7, 0.55, 0.82), fill=dark)
