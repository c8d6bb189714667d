"""Pictures as files: reading hostile ones safely, and drawing on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from faceplate.domain.faces import BoundingBox, Pixels


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What the header says: format name as in ``JPEG``, upright size, and the media type."""

    format: str
    media_type: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded, upright picture; for an animation, its first frame."""

    info: PictureInfo
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Label:
    """A box to draw and the text beside it; ``known`` picks the colour."""

    box: BoundingBox
    text: str
    known: bool


class Pictures(Protocol):
    """Read and draw on picture files. Formats beyond JPEG and PNG depend on what is installed."""

    @property
    def media_types(self) -> Sequence[str]:
        """The media types `decode` accepts."""
        ...

    def inspect(self, data: bytes) -> PictureInfo:
        """Read the header alone and check it against every limit.

        Raises:
            InvalidImage: Empty, unknown format, or more pixels than allowed.
            ImageTooLarge: More bytes than allowed.
        """
        ...

    def decode(self, data: bytes) -> Picture:
        """Decode to upright RGB: EXIF turn applied, CMYK and 16 bit converted, alpha on white.

        Raises:
            InvalidImage: As `inspect`; also truncated or corrupt pixel data.
            ImageTooLarge: More bytes than allowed.
        Cost: at most 1 GiB of memory and 2 s for a refused picture.
        """
        ...

    def excerpt(self, data: bytes, *, box: BoundingBox | None = None, max_bytes: int) -> bytes:
        """Return the picture, or a box of it with room around, as a JPEG or PNG of ``max_bytes``.

        A whole JPEG or PNG that fits comes back as it is; anything else is made an upright JPEG,
        with fewer pixels where it must be.

        Raises:
            InvalidImage, ImageTooLarge: As `decode`.
        """
        ...

    def annotate(self, data: bytes, labels: Sequence[Label]) -> bytes:
        """Return the upright picture as a JPEG with a box and a text for every label."""
        ...
