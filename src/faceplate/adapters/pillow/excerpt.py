"""A picture made to fit: smaller, in a format everybody reads, or a part of it."""

from __future__ import annotations

import io

from PIL import Image

from faceplate.domain.faces import BoundingBox, Pixels

MIN_SIDE_PX = 160
"""A part is enlarged to this: Amazon Rekognition takes pictures from 80 pixels a side."""
MAX_SIDE_PX = 4096
"""More pixels than a face service looks at."""
_ROOM = 0.6
"""Of the box's size, on every side: a face needs its surroundings to be found again."""
_QUALITY = 92
_SHRINK = 0.8


def cut(pixels: Pixels, box: BoundingBox) -> Pixels:
    """Return the box with some room around it, as far as the picture goes."""
    height, width = pixels.shape[:2]
    left, right = _reach(box.left, box.width, width)
    top, bottom = _reach(box.top, box.height, height)
    return pixels[top:bottom, left:right]


def _reach(start: float, size: float, whole_px: int) -> tuple[int, int]:
    """Return where a box with its room begins and ends, at least one pixel and inside."""
    first = min(max(0, round((start - _ROOM * size) * whole_px)), whole_px - 1)
    last = max(first + 1, min(whole_px, round((start + (1 + _ROOM) * size) * whole_px)))
    return first, last


def encode(pixels: Pixels, *, max_bytes: int) -> bytes:
    """Return a JPEG of at most ``max_bytes``, smaller in pixels where it must be."""
    return fit(Image.fromarray(pixels), max_bytes=max_bytes)


def cut_image(image: Image.Image, box: BoundingBox) -> Image.Image:
    """Return the box with some room around it, as `cut` does."""
    left, right = _reach(box.left, box.width, image.width)
    top, bottom = _reach(box.top, box.height, image.height)
    return image.crop((left, top, right, bottom))


def fit(image: Image.Image, *, max_bytes: int) -> bytes:
    """Return an RGB image as a JPEG of at most ``max_bytes``, as `encode` does."""
    scale = min(1.0, MAX_SIDE_PX / max(image.size))
    if min(image.size) < MIN_SIDE_PX:
        scale = min(MIN_SIDE_PX / min(image.size), MAX_SIDE_PX / max(image.size))
    while True:
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        scaled = image if size == image.size else image.resize(size, Image.Resampling.LANCZOS)
        encoded = io.BytesIO()
        scaled.save(encoded, "JPEG", quality=_QUALITY, subsampling=0)
        if encoded.tell() <= max_bytes or max(size) == 1:
            return encoded.getvalue()
        scale *= _SHRINK
