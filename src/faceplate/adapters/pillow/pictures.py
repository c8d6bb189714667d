"""`PillowPictures`: picture files read with Pillow and libjpeg-turbo."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence

from faceplate.adapters.pillow.annotate import draw_labels
from faceplate.adapters.pillow.decode import Header, read_header, read_pixels
from faceplate.adapters.pillow.excerpt import cut, encode
from faceplate.adapters.pillow.formats import MEDIA_TYPES, readable
from faceplate.domain.errors import ImageTooLarge
from faceplate.domain.faces import BoundingBox
from faceplate.ports.pictures import Label, Picture, PictureInfo

_BIG_PIXELS = 20_000_000
"""Pictures above this are decoded one at a time: each can take some 700 MB while it is read."""


EVERYWHERE = ("JPEG", "PNG")
"""Formats that every service reads."""


class PillowPictures:
    """Read JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, and HEIC when ``pillow-heif`` is installed."""

    def __init__(self, *, max_bytes: int, max_pixels: int = 100_000_000) -> None:
        self._max_bytes = max_bytes
        self._max_pixels = max_pixels
        self._one_big_at_a_time = threading.Lock()

    @property
    def media_types(self) -> Sequence[str]:
        """The media types `decode` accepts."""
        return [MEDIA_TYPES[name] for name in readable()]

    def inspect(self, data: bytes) -> PictureInfo:
        """Read the header alone and check it against every limit; see the port."""
        return self._header(data).info

    def decode(self, data: bytes) -> Picture:
        """Decode to upright RGB; see the port for what is refused."""
        header = self._header(data)
        with self._turn_of(header):
            return Picture(header.info, read_pixels(data, header))

    def excerpt(self, data: bytes, *, box: BoundingBox | None = None, max_bytes: int) -> bytes:
        """Return the picture, or a part of it, as a JPEG or PNG that fits; see the port."""
        if box is None and len(data) <= max_bytes and self.inspect(data).format in EVERYWHERE:
            return data
        pixels = self.decode(data).pixels
        return encode(pixels if box is None else cut(pixels, box), max_bytes=max_bytes)

    def annotate(self, data: bytes, labels: Sequence[Label]) -> bytes:
        """Return the upright picture as a JPEG with a box and a text for every label."""
        return draw_labels(self.decode(data).pixels, labels)

    def _header(self, data: bytes) -> Header:
        self._require_bytes(data)
        return read_header(data, self._max_pixels)

    def _turn_of(self, header: Header) -> contextlib.AbstractContextManager[object]:
        """Let pictures of many pixels through one after another."""
        big = header.info.width_px * header.info.height_px > _BIG_PIXELS
        return self._one_big_at_a_time if big else contextlib.nullcontext()

    def _require_bytes(self, data: bytes) -> None:
        if len(data) > self._max_bytes:
            raise ImageTooLarge(
                f"The picture has {len(data)} bytes; at most {self._max_bytes} are allowed.",
                details={"size_bytes": len(data), "max_bytes": self._max_bytes},
            )
