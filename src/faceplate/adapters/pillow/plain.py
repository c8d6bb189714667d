"""`PlainPictures`: picture files read with Pillow alone.

The functions on AWS look at no pixel themselves: they check files, shrink them and draw on them.
Without numpy and simplejpeg they are 20 MB smaller.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from faceplate.adapters.pillow import guards
from faceplate.adapters.pillow.annotate import label_image
from faceplate.adapters.pillow.decode import (
    TURNS,
    VENDOR_ERRORS,
    Header,
    ends_empty,
    translate,
)
from faceplate.adapters.pillow.depth import full_scale
from faceplate.adapters.pillow.excerpt import cut_image, fit
from faceplate.adapters.pillow.hush import hushed
from faceplate.adapters.pillow.pictures import EVERYWHERE, PillowPictures
from faceplate.adapters.pillow.refusals import corrupt, truncated
from faceplate.domain.errors import Unsupported
from faceplate.domain.faces import BoundingBox
from faceplate.ports.pictures import Label, Picture

_WHITE = (255, 255, 255, 255)
_QUARTERS = {
    1: Image.Transpose.ROTATE_90,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_270,
}


class PlainPictures(PillowPictures):
    """Read the same formats with the same checks; pixels are handed to nobody."""

    def decode(self, data: bytes) -> Picture:
        """Check every pixel, then refuse to hand them out.

        Raises:
            InvalidImage: Truncated or corrupt, as the port says.
            Unsupported: The picture is sound.
        """
        self._upright(data)
        raise Unsupported("Pixels are not handed out here.")

    def excerpt(self, data: bytes, *, box: BoundingBox | None = None, max_bytes: int) -> bytes:
        """Return the picture, or a part of it, as a JPEG or PNG that fits; see the port."""
        if box is None and len(data) <= max_bytes and self.inspect(data).format in EVERYWHERE:
            return data
        image = self._upright(data)
        return fit(image if box is None else cut_image(image, box), max_bytes=max_bytes)

    def annotate(self, data: bytes, labels: Sequence[Label]) -> bytes:
        """Return the upright picture as a JPEG with a box and a text for every label."""
        return label_image(self._upright(data), labels)

    def _upright(self, data: bytes) -> Image.Image:
        header = self._header(data)
        with self._turn_of(header):
            image = _turned(_read(data, header), header.orientation)
        if image.size != (header.info.width_px, header.info.height_px):
            raise corrupt("its headers contradict its data")
        return image


def _read(data: bytes, header: Header) -> Image.Image:
    kind = header.info.format
    source = data if header.jpeg is None else header.jpeg.essential
    with hushed():
        try:
            with Image.open(io.BytesIO(source), formats=[kind]) as image:
                image.load()
                if kind == "PNG" and ends_empty(image) and not guards.png_is_whole(data):
                    raise truncated()
                return _to_rgb(image)
        except VENDOR_ERRORS as exc:
            raise translate(exc) from exc


def _to_rgb(image: Image.Image) -> Image.Image:
    """Return a loaded picture as RGB: transparency on white, more than 8 bits scaled to 8."""
    if image.mode.startswith(("I", "F")):
        factor = 255.0 / full_scale(image)
        wide = image.convert("I") if image.mode.startswith("I;") else image
        flat = wide.convert("F").point(lambda value: value * factor + 0.5)
        return flat.convert("L").convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", clear.size, _WHITE), clear).convert("RGB")


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    quarters, mirrored = TURNS[orientation]
    upright = image.transpose(_QUARTERS[quarters]) if quarters else image
    return upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else upright
