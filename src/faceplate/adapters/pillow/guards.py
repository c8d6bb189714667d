"""What is checked in a file before a decoder sees it, format by format.

Each check closes a way to make a decoder spend far more memory or time than the file's size and
the picture's size allow: they read a few bytes a piece and copy nothing.
"""

from __future__ import annotations

import struct
import zlib

from faceplate.adapters.pillow.refusals import corrupt, truncated, unsupported
from faceplate.adapters.pillow.tiff_tags import read_directory
from faceplate.domain.errors import InvalidImage

_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ONE_PASS = ((0, 0, 1, 1),)
_ADAM7 = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
)  # fmt: skip
"""Left, top, step across and step down of each pass; pictures of 16 px and more fill them all.

Source: PNG specification, section 8.2.
"""

_MAX_PNG_CHUNKS = 20_000
_MAX_GIF_BLOCKS = 4_096
_MAX_GIF_NOTE_BYTES = 1 << 20
_MAX_BOXES = 1_000
_MAX_TIFF_PIECES = 100_000
_MAX_EMBEDDED_DIRECTORIES = 100

_TIFF_COMPRESSIONS = (1, 5, 8, 32773, 32946)
"""None, LZW, deflate, PackBits and the old number of deflate.

JPEG inside TIFF is left out: its reader fills what is missing with black and says nothing.
"""

_BMP_PLAIN = (0, 3, 6)
"""Uncompressed and with bit masks. Run-length coded ones are unpacked byte by byte."""


def guard_png(data: bytes) -> bytes:
    """Return the EXIF data of a PNG, which may be empty."""
    exif, position = b"", 8
    for _ in range(_MAX_PNG_CHUNKS):
        if position + 12 > len(data):
            raise truncated()
        size_bytes, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"eXIf":
            exif = data[position + 8 : position + 8 + size_bytes]
        if kind == b"IEND":
            return exif
        position += 12 + size_bytes
    raise corrupt("it is made of absurdly many chunks")


def png_is_whole(data: bytes) -> bool:
    """Tell whether the compressed rows of a checked PNG fill the picture it announces.

    Pillow leaves the rest black when they end early.
    Cost: inflates the picture once more, in small pieces; some 3 ms a megabyte.
    """
    width_px, height_px, bits, colour = struct.unpack_from(">IIBB", data, 16)
    missing_bytes = 0
    for left, top, across, down in _ADAM7 if data[28] else _ONE_PASS:
        columns, rows = -(-(width_px - left) // across), -(-(height_px - top) // down)
        row_bits = columns * bits * _PNG_CHANNELS.get(colour, 1)
        missing_bytes += rows * (-(-row_bits // 8) + 1)
    inflater, position = zlib.decompressobj(), 8
    while position + 12 <= len(data) and missing_bytes > 0:
        size_bytes, kind = struct.unpack_from(">I4s", data, position)
        pending = data[position + 8 : position + 8 + size_bytes] if kind == b"IDAT" else b""
        while pending and not inflater.eof:
            missing_bytes -= len(inflater.decompress(pending, 1 << 20))
            pending = inflater.unconsumed_tail
        position += 12 + size_bytes
    return bool(missing_bytes <= 0)


def guard_gif(data: bytes) -> None:
    """Refuse a GIF whose notes before the first frame are absurdly long."""
    if len(data) < 13:
        raise truncated()
    flags = data[10]
    position = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    blocks = note_bytes = 0
    while data[position : position + 1] == b"!":
        position += 2
        while True:
            if position >= len(data):
                raise truncated()
            size_bytes = data[position]
            position += 1 + size_bytes
            blocks += 1
            note_bytes += size_bytes
            if blocks > _MAX_GIF_BLOCKS or note_bytes > _MAX_GIF_NOTE_BYTES:
                raise corrupt("its comments are absurdly long")
            if not size_bytes:
                break


def guard_bmp(data: bytes) -> None:
    """Refuse run-length coded BMPs."""
    if len(data) < 34:
        raise truncated()
    header_bytes = struct.unpack_from("<I", data, 14)[0]
    if header_bytes >= 40 and struct.unpack_from("<I", data, 30)[0] not in _BMP_PLAIN:
        raise unsupported("Run-length coded BMP pictures are not read.")


def guard_tiff(data: bytes) -> None:
    """Refuse TIFFs with absurd directories or tiles, and compressions that photos do not use."""
    directory = read_directory(data)
    values = directory.values
    if values.get(259, 1) not in _TIFF_COMPRESSIONS:
        raise unsupported("TIFF pictures with this compression are not read.")
    width_px, height_px = values.get(256, 0), values.get(257, 0)
    # Tiles are decoded whole; they may reach past the edge, by less than one tile of usual size.
    if values.get(322, 0) > width_px + 1024 or values.get(323, 0) > height_px + 1024:
        raise corrupt("its tiles are larger than itself")
    pieces = max(directory.counts.get(273, 0), directory.counts.get(324, 0))
    if pieces > _MAX_TIFF_PIECES:
        raise corrupt("it is made of absurdly many pieces")


def guard_webp(data: bytes) -> None:
    """Refuse a WebP that is shorter than it says."""
    if len(data) < 12 or 8 + struct.unpack_from("<I", data, 4)[0] > len(data):
        raise truncated()


def guard_boxes(data: bytes) -> None:
    """Refuse an AVIF or HEIC file whose boxes reach past its end, or whose EXIF data is absurd."""
    position = 0
    for _ in range(_MAX_BOXES):
        if position + 8 > len(data):
            break
        size_bytes = struct.unpack_from(">I", data, position)[0]
        if size_bytes == 1 and position + 16 <= len(data):
            size_bytes = struct.unpack_from(">Q", data, position + 8)[0]
        if size_bytes == 0:  # up to the end of the file
            break
        position += max(size_bytes, 8)
    if position > len(data):
        raise truncated()
    _guard_embedded_directories(data)


def _guard_embedded_directories(data: bytes) -> None:
    """Refuse files of any format that carry EXIF data with an absurd directory."""
    view = memoryview(data)
    for mark in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        position = data.find(mark)
        for _ in range(_MAX_EMBEDDED_DIRECTORIES):
            if position < 0:
                break
            try:
                read_directory(view[position:])
            except InvalidImage as exc:
                # By chance, pixels hold the mark too; then what follows points nowhere.
                if exc.code != "image_truncated":
                    raise
            position = data.find(mark, position + 1)
        else:
            raise corrupt("it has absurdly much EXIF data")
