"""Pictures made to hurt: they claim more than they hold, or make a reader work for nothing."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, data: bytes, *extra: bytes, interlaced: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, interlaced)
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", data), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def zeros(size_bytes: int) -> bytes:
    """Deflate zeros without ever holding them: one packed mebibyte, as often as it takes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    mebibyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    rest = packer.compress(bytes(size_bytes & 0xFFFFF)) + packer.flush()
    checksum = struct.pack(">HH", size_bytes % 65_521, 1)
    return b"\x78\xda" + mebibyte * (size_bytes >> 20) + rest + checksum


def small(kind: str, mode: str = "RGB", **options: object) -> bytes:
    ramp = np.linspace(0, 255, 96, dtype=np.uint8)
    image = Image.fromarray(np.dstack([np.tile(ramp, (64, 1))] * 3)).convert(mode)
    encoded = io.BytesIO()
    image.save(encoded, kind, **options)
    return encoded.getvalue()


def jpeg_lie(width: int, height: int) -> bytes:
    data = small("JPEG")
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", height, width) + data[place + 4 :]


def jpeg_scans(width: int, height: int, scans: int) -> bytes:
    """A progressive JPEG of one grey component whose every scan runs over all blocks."""
    table = bytes([0x10]) + bytes([1] + [0] * 15) + bytes([0xE0])  # one code: a run of 2^14 blocks
    dc = bytes([0x00]) + bytes([1] + [0] * 15) + bytes([0])
    head = b"\xff\xd8\xff\xdb\x00\x43\x00" + bytes([1] * 64)
    head += b"\xff\xc2" + struct.pack(">HBHHBBBB", 11, 8, height, width, 1, 1, 0x11, 0)
    for body in (table, dc):
        head += b"\xff\xc4" + struct.pack(">H", len(body) + 2) + body
    blocks = -(-width // 8) * -(-height // 8)
    first = b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00" + bytes(-(-blocks // 8))
    bits = "0" * 15 * -(-blocks // (1 << 14))
    body = int(bits.ljust(-(-len(bits) // 8) * 8, "0") or "0", 2).to_bytes(
        -(-len(bits) // 8), "big"
    )
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00" + body
    return head + first + scan * scans + b"\xff\xd9"


def exif_bomb(size_bytes: int = 1_000_000) -> bytes:
    """EXIF data whose 60,000 entries each claim all of it."""
    count = min(60_000, (size_bytes - 16) // 12)
    entries = b"".join(
        struct.pack("<HHII", tag + 300, 7, size_bytes - 8, 8) for tag in range(count)
    )
    return (b"II*\0" + struct.pack("<IH", 8, count) + entries).ljust(size_bytes, b"\0")


def jpeg_exif_bomb() -> bytes:
    data, bomb = small("JPEG"), exif_bomb()
    parts = [bomb[at : at + 65_000] for at in range(0, len(bomb), 65_000)]
    segments = b"".join(
        b"\xff\xe1" + struct.pack(">H", len(part) + 8) + b"Exif\0\0" + part for part in parts
    )
    return data[:2] + segments + data[20:]  # without JFIF, so that readers look for a density


def tiff(tags: dict[int, tuple[int, int, int]], tail: bytes = b"") -> bytes:
    entries = b"".join(
        struct.pack("<HHII", tag, kind, count, value)
        for tag, (kind, count, value) in sorted(tags.items())
    )
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0)
    return head + tail


def tiff_tile_bomb() -> bytes:
    packed = zeros(1_900_000_000)
    tags = {
        256: (4, 1, 9_000), 257: (4, 1, 9_000), 258: (3, 1, 8), 259: (3, 1, 8), 262: (3, 1, 1),
        277: (3, 1, 1), 322: (4, 1, 40_000), 323: (4, 1, 47_008), 324: (4, 1, 134),
        325: (4, 1, len(packed)),
    }  # fmt: skip
    return tiff(tags, packed)


def tiff_lie(width: int, height: int) -> bytes:
    tags = {
        256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1),
        273: (4, 1, 122), 277: (3, 1, 1), 278: (4, 1, height),
        279: (4, 1, width * height & 0xFFFFFFFF),
    }  # fmt: skip
    return tiff(tags, bytes(1_000))


def gif_head(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"


def gif_comment_bomb() -> bytes:
    return gif_head(64, 64) + b"!\xfe" + (b"\xff" + b"x" * 255) * 39_000 + b"\0" + b"\x3b"


def gif_many_frames() -> bytes:
    frames = [Image.new("P", (64, 64), index % 250) for index in range(10_000)]
    encoded = io.BytesIO()
    frames[0].save(encoded, "GIF", save_all=True, append_images=frames[1:], optimize=False)
    return encoded.getvalue()


def bmp(width: int, height: int, compression: int, bits: int, body: bytes) -> bytes:
    info = struct.pack(
        "<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(body), 0, 0, 0, 0
    )
    palette = bytes(1024) if bits == 8 else b""
    offset = 14 + len(info) + len(palette)
    head = b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset)
    return head + info + palette + body


def webp_lie() -> bytes:
    """A lossless WebP that says 16,000 x 3,100 and holds 96 x 64."""
    data = bytearray(small("WEBP", lossless=True))
    place = data.index(b"VP8L") + 9
    data[place : place + 4] = struct.pack("<I", (16_000 - 1) | (3_100 - 1) << 14)
    return bytes(data)


def avif_exif_bomb() -> bytes:
    harmless = (b"II*\0" + struct.pack("<IHI", 8, 0, 0)).ljust(300_000, b"\0")
    return small("AVIF", exif=harmless).replace(harmless, exif_bomb(300_000))


def gif_lie() -> bytes:
    data = small("GIF", "P")
    return data[:6] + struct.pack("<HH", 65_535, 65_535) + data[10:]


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "png of 900 megapixels": (
        lambda: png(30_000, 30_000, zeros(30_000 * 30_001)),
        "image_too_many_pixels",
    ),
    "png that lies, huge": (
        lambda: png(2**31 - 1, 2**31 - 1, zeros(1 << 20)),
        "image_too_many_pixels",
    ),
    "png that lies, 99 megapixels": (
        lambda: png(11_000, 9_000, zeros(1 << 20)),
        "image_truncated",
    ),
    "png cut off after 98 megapixels": (
        lambda: png(11_000, 9_000, zeros(11_001 * 8_900)),
        "image_truncated",
    ),
    "png with a zTXt bomb": (
        lambda: png(64, 64, zeros(65 * 64), chunk(b"zTXt", b"a\0\0" + zeros(1 << 30))),
        "image_corrupt",
    ),
    "png with an iCCP bomb": (
        lambda: png(64, 64, zeros(65 * 64), chunk(b"iCCP", b"a\0\0" + zeros(1 << 30))),
        "image_corrupt",
    ),
    "png of 800,000 chunks": (
        lambda: png(64, 64, zeros(65 * 64), chunk(b"tEXt", b"") * 800_000),
        "image_corrupt",
    ),
    "jpeg that lies, 4,295 megapixels": (lambda: jpeg_lie(65_535, 65_535), "image_too_many_pixels"),
    "jpeg that lies, 99 megapixels": (lambda: jpeg_lie(11_000, 9_000), "image_truncated"),
    "jpeg of 5,000 scans": (lambda: jpeg_scans(6_992, 6_992, 5_000), "image_corrupt"),
    "jpeg with an EXIF bomb, cut off": (lambda: jpeg_exif_bomb()[:-40], "image_truncated"),
    "webp that lies, 49 megapixels": (webp_lie, "image_corrupt"),
    "tiff that lies": (lambda: tiff_lie(100_000, 100_000), "image_too_many_pixels"),
    "tiff that lies, 99 megapixels": (lambda: tiff_lie(11_000, 9_000), "image_truncated"),
    "tiff with a tile of 1.9 GB": (tiff_tile_bomb, "image_corrupt"),
    "tiff with 60,000 tags of 1 MB": (exif_bomb, "image_corrupt"),
    "avif with an EXIF bomb": (avif_exif_bomb, "image_corrupt"),
    "gif that lies": (gif_lie, "image_too_many_pixels"),
    "gif with 10 MB of comment": (gif_comment_bomb, "image_corrupt"),
    "bmp that lies": (lambda: bmp(60_000, 60_000, 0, 24, bytes(100)), "image_too_many_pixels"),
    "bmp that lies, 99 megapixels": (
        lambda: bmp(11_000, 9_000, 0, 24, bytes(100)),
        "image_truncated",
    ),
    "bmp of runs": (
        lambda: bmp(60_000, 1_600, 1, 8, b"\0\x02\xff\xff" * 100),
        "image_format_unsupported",
    ),
    "bmp one row high": (
        lambda: bmp(90_000_000, 1, 0, 24, bytes(100)),
        "image_too_small",
    ),
}
"""Name of the picture: how to make it, and the code it is refused with."""
