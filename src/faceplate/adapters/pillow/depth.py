"""Pictures of more than 8 bits a channel."""

from __future__ import annotations

import math

from PIL import Image


def full_scale(image: Image.Image) -> float:
    """Return the value that stands for white: by the file's bits, else by what it holds."""
    if image.mode.startswith("I;16"):
        return 65_535.0
    extrema = image.getextrema()
    highest = extrema[1] if isinstance(extrema[1], int | float) else 0.0
    for full in (1.0, 255.0, 65_535.0):
        if highest <= full and (image.mode == "F" or full > 1.0):
            return full
    return float(highest) if math.isfinite(highest) else 1.0
