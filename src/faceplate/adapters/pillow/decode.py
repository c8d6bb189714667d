"""Reading a picture's header and its pixels, never trusting either."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from faceplate.adapters.pillow import guards, jpeg
from faceplate.adapters.pillow.formats import MEDIA_TYPES, readable, sniff
from faceplate.adapters.pillow.hush import hushed
from faceplate.adapters.pillow.refusals import corrupt, require_size, truncated, unsupported
from faceplate.adapters.pillow.tiff_tags import orientation_of
from faceplate.domain.errors import InvalidImage
from faceplate.domain.faces import Pixels
from faceplate.ports.pictures import PictureInfo

VENDOR_ERRORS = (
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    ZeroDivisionError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow's readers have been seen to raise for damaged files."""

TURNS: dict[int, tuple[int, bool]] = {
    1: (0, False), 2: (0, True), 3: (2, False), 4: (2, True),
    5: (3, True), 6: (3, False), 7: (1, True), 8: (1, False),
}  # fmt: skip
"""EXIF orientation: quarter turns anticlockwise, then whether to mirror left and right."""


_SLOW = ("WEBP", "AVIF", "HEIF")
"""Formats that take some 20 ms or 9 MB a megapixel, as do progressive JPEGs: allowed half the
pixels, so that one that proves damaged at its very end is refused in time."""


@dataclass(frozen=True, slots=True)
class Header:
    """A checked header: the upright size in ``info``, and the turn the stored pixels still need."""

    info: PictureInfo
    orientation: int
    jpeg: jpeg.JpegHeader | None


def read_header(data: bytes, max_pixels: int) -> Header:
    """Read and check everything that can be known without decoding a pixel.

    Raises:
        InvalidImage: Any of its codes but ``image_encoding_invalid``.
    """
    if not data:
        raise InvalidImage("The picture is empty.", code="image_empty")
    kind = sniff(data)
    if kind is None or kind not in readable():
        names = ", ".join(readable())
        raise unsupported(f"This is not a picture in a format that is read here ({names}).")
    parsed = None
    if kind == "JPEG":
        parsed = jpeg.read_header(data)
        sides, exif = (parsed.width_px, parsed.height_px), parsed.exif
    else:
        sides, exif = _open_header(data, kind)
    orientation = orientation_of(exif)
    width_px, height_px = sides if orientation < 5 else sides[::-1]
    slow = kind in _SLOW or (parsed is not None and parsed.progressive)
    require_size(width_px, height_px, max_pixels // 2 if slow else max_pixels)
    info = PictureInfo(kind, MEDIA_TYPES[kind], width_px, height_px)
    return Header(info, orientation, parsed)


def read_pixels(data: bytes, header: Header) -> Pixels:
    """Decode to upright RGB; ``header`` is what `read_header` said of the same bytes.

    Raises:
        InvalidImage: Code ``image_truncated`` or ``image_corrupt``.
    """
    pixels = _decode(data, header)
    upright = _turn(pixels, header.orientation)
    if upright.shape != (header.info.height_px, header.info.width_px, 3):
        raise corrupt("its headers contradict its data")
    return upright


def _open_header(data: bytes, kind: str) -> tuple[tuple[int, int], bytes]:
    """Return the stored size and the EXIF data, after the format's own checks."""
    exif = _guard(data, kind)
    with hushed():
        try:
            with Image.open(io.BytesIO(data), formats=[kind]) as image:
                if exif is None and kind != "TIFF":  # Pillow turns TIFFs itself
                    noted = image.info.get("exif")
                    exif = noted if isinstance(noted, bytes) else b""
                return image.size, exif or b""
        except Image.DecompressionBombError as exc:
            raise InvalidImage(
                "The picture claims far more pixels than are allowed.",
                code="image_too_many_pixels",
            ) from exc
        except UnidentifiedImageError as exc:
            raise corrupt("its header makes no sense") from exc
        except VENDOR_ERRORS as exc:
            raise translate(exc) from exc


def _guard(data: bytes, kind: str) -> bytes | None:
    """Run the checks of a format; return its EXIF data when they have seen it anyway."""
    if kind == "PNG":
        return guards.guard_png(data)
    if kind == "GIF":
        guards.guard_gif(data)
    elif kind == "WEBP":
        guards.guard_webp(data)
    elif kind == "BMP":
        guards.guard_bmp(data)
    elif kind == "TIFF":
        guards.guard_tiff(data)
    elif kind in ("AVIF", "HEIF"):
        guards.guard_boxes(data)
    return None


def _decode(data: bytes, header: Header) -> Pixels:
    from faceplate.adapters.pillow.channels import to_rgb  # noqa: PLC0415 -- numpy: see `plain`

    kind, source = header.info.format, data
    if header.jpeg is not None:
        source = header.jpeg.essential
        if header.jpeg.components != 4:
            try:
                return jpeg.decode_jpeg(header.jpeg)
            except jpeg.ScanDamaged:
                if b"\xff\xd9" not in source:
                    raise truncated() from None
    with hushed():
        try:
            with Image.open(io.BytesIO(source), formats=[kind]) as image:
                image.load()
                if kind == "PNG" and ends_empty(image) and not guards.png_is_whole(data):
                    raise truncated()
                return to_rgb(image)
        except VENDOR_ERRORS as exc:
            raise translate(exc) from exc


def ends_empty(image: Image.Image) -> bool:
    """Tell whether one of the last two rows holds nothing but zeros, as a missing row does."""
    width_px, height_px = image.size
    return any(
        image.crop((0, row, width_px, row + 1)).getbbox(alpha_only=False) is None
        for row in (height_px - 2, height_px - 1)
    )


def translate(error: BaseException) -> InvalidImage:
    """Sort a reader's complaint; its text goes no further."""
    text = str(error).lower()
    if "truncat" in text or "premature" in text or isinstance(error, EOFError):
        return truncated()
    return corrupt()


def _turn(pixels: Pixels, orientation: int) -> Pixels:
    import numpy as np  # noqa: PLC0415 -- not installed where `plain` is used

    quarters, mirrored = TURNS[orientation]
    turned = np.rot90(pixels, quarters)
    if mirrored:
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)
