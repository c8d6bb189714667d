"""From whatever channels a file has to 8-bit RGB, in strips so that memory stays small."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from faceplate.adapters.pillow.depth import full_scale
from faceplate.domain.faces import Pixels

_STRIP_PIXELS = 4_000_000
_WHITE = (255, 255, 255, 255)


def to_rgb(image: Image.Image) -> Pixels:
    """Return a loaded picture as RGB: transparency on white, more than 8 bits scaled to 8."""
    width_px, height_px = image.size
    pixels = np.empty((height_px, width_px, 3), dtype=np.uint8)
    deep = image.mode.startswith(("I", "F"))
    full = full_scale(image) if deep else 0.0
    rows = max(1, _STRIP_PIXELS // width_px)
    for top in range(0, height_px, rows):
        bottom = min(top + rows, height_px)
        strip = image.crop((0, top, width_px, bottom))
        if deep:
            pixels[top:bottom] = _scale(np.asarray(strip), full)[:, :, None]
        else:
            pixels[top:bottom] = np.asarray(_strip_to_rgb(strip))
    return pixels


def _strip_to_rgb(strip: Image.Image) -> Image.Image:
    if not strip.has_transparency_data:
        return strip.convert("RGB")
    clear = strip.convert("RGBA")
    white = Image.new("RGBA", clear.size, _WHITE)
    return Image.alpha_composite(white, clear).convert("RGB")


def _scale(values: npt.NDArray[np.generic], full: float) -> npt.NDArray[np.uint8]:
    scaled = np.nan_to_num(values.astype(np.float32)) * np.float32(255.0 / full)
    eight_bits: npt.NDArray[np.uint8] = np.clip(scaled + 0.5, 0, 255).astype(np.uint8)
    return eight_bits
