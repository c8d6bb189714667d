"""Pictures made to hurt are refused, with the right code, in little memory."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib

import pytest

from faceplate.adapters.pillow.formats import readable
from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.domain.errors import InvalidImage
from hostile_pictures import (
    HOSTILE,
    bmp,
    gif_head,
    gif_many_frames,
    jpeg_exif_bomb,
    png,
    small,
    tiff,
    zeros,
)

READER = PillowPictures(max_bytes=15_000_000)
GIBIBYTE = 1 << 30

MEASURE = """
import json, pathlib, resource, struct, sys
from faceplate.adapters.pillow.formats import readable
from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.domain.errors import InvalidImage
from PIL import Image

def peak():
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return next(int(l.split()[1]) for l in status.open() if l.startswith("VmHWM")) << 10
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale

reader = PillowPictures(max_bytes=15_000_000)
reader.media_types
Image.init()
before, answers = peak(), {}
while head := sys.stdin.buffer.read(8):
    data = sys.stdin.buffer.read(struct.unpack("<Q", head)[0])
    try:
        answers[len(answers)] = str(reader.decode(data).pixels.shape)
    except InvalidImage as refusal:
        answers[len(answers)] = refusal.code
print(json.dumps({"answers": list(answers.values()), "bytes": peak() - before}))
"""


def test_no_hostile_picture_is_read_and_none_takes_a_gibibyte() -> None:
    sent = bytearray()
    for make, _ in HOSTILE.values():
        data = make()
        sent += len(data).to_bytes(8, "little") + data
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", MEASURE],
        input=bytes(sent),
        capture_output=True,
        check=True,
    )
    measured = json.loads(done.stdout)
    answers = dict(zip(HOSTILE, measured["answers"], strict=True))
    assert answers == {name: code for name, (_, code) in HOSTILE.items()}
    assert measured["bytes"] < GIBIBYTE


def test_a_gif_of_many_frames_is_its_first() -> None:
    assert READER.decode(gif_many_frames()).pixels.shape == (64, 64, 3)


def test_a_broken_exif_note_does_not_spoil_the_picture() -> None:
    assert READER.decode(jpeg_exif_bomb()).pixels.shape == (64, 96, 3)
    empty = b"\xff\xe1\x00\x08Exif\0\0"
    data = small("JPEG")
    assert READER.decode(data[:2] + empty + data[2:]).pixels.shape == (64, 96, 3)


def test_a_png_whose_last_rows_are_truly_black_is_read() -> None:
    assert READER.decode(png(64, 64, zeros(65 * 64))).pixels.max() == 0


def test_an_interlaced_png_is_read_whole_and_refused_when_rows_are_missing() -> None:
    passes = [(8, 8), (8, 8), (16, 8), (16, 16), (32, 16), (32, 32), (64, 32)]  # of 64 x 64
    rows = b"".join((b"\0" + b"\xc8" * width) * height for width, height in passes)
    whole = READER.decode(png(64, 64, zlib.compress(rows), interlaced=1))
    assert (whole.pixels == 200).all()
    with pytest.raises(InvalidImage) as refusal:
        READER.decode(png(64, 64, zlib.compress(rows[:-65]), interlaced=1))
    assert refusal.value.code == "image_truncated"
    black = png(64, 64, zeros(len(rows)), interlaced=1)
    assert READER.decode(black).pixels.max() == 0


def test_fault_that_cameras_make_does_not_refuse_a_jpeg() -> None:
    data = small("JPEG")
    with_stray_bytes = data[:-2] + b"\x11\x22\x33" + data[-2:]
    assert READER.decode(with_stray_bytes).pixels.shape == (64, 96, 3)
    assert READER.decode(data + b"trailer of a phone").pixels.shape == (64, 96, 3)
    with pytest.raises(InvalidImage):
        READER.decode(data[:-2] + b"\x11\x22\x33")


def test_jpeg_kinds_that_are_not_read_say_so() -> None:
    data = small("JPEG")
    place = data.index(b"\xff\xc0")
    lossless = data[: place + 1] + b"\xc3" + data[place + 2 :]
    deep = data[: place + 4] + b"\x0c" + data[place + 5 :]
    for changed in (lossless, deep):
        with pytest.raises(InvalidImage) as refusal:
            READER.decode(changed)
        assert refusal.value.code == "image_format_unsupported"


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate", "packbits", None])
def test_usual_tiffs_are_read(compression: str | None) -> None:
    assert READER.decode(small("TIFF", compression=compression)).pixels.shape == (64, 96, 3)


@pytest.mark.parametrize("compression", ["jpeg", "group4"])
def test_unusual_tiffs_say_so(compression: str) -> None:
    mode = "1" if compression == "group4" else "RGB"
    with pytest.raises(InvalidImage) as refusal:
        READER.decode(small("TIFF", mode, compression=compression))
    assert refusal.value.code == "image_format_unsupported"


def test_no_refusal_carries_a_readers_own_words() -> None:
    for make, _ in HOSTILE.values():
        with pytest.raises(InvalidImage) as refusal:
            READER.decode(make())
        assert refusal.value.message.startswith(("The picture", "Run-length", "TIFF", "JPEG"))


def big_tiff(width: int, height: int) -> bytes:
    """A BigTIFF of one uncompressed grey strip."""
    values = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 16 + 8 + 9 * 20 + 8}
    values |= {277: 1, 278: height, 279: width * height}
    entries = b"".join(struct.pack("<HHQQ", tag, 4, 1, value) for tag, value in values.items())
    head = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, len(values))
    return head + entries + bytes(8) + b"\x64" * (width * height)


def test_a_big_tiff_is_read() -> None:
    assert (READER.decode(big_tiff(64, 32)).pixels == 100).all()


JPEG = small("JPEG")
BOX = struct.pack(">I", 24) + b"ftypavif" + bytes(4) + b"avifmif1"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (gif_head(64, 64)[:12], "image_truncated"),
        (gif_head(64, 64) + b"!\xfe\x05ab", "image_truncated"),
        (bmp(64, 64, 0, 24, b"")[:30], "image_truncated"),
        (b"II*\0" + bytes(1), "image_truncated"),
        (b"II*\0" + struct.pack("<IH", 8, 5), "image_truncated"),
        (tiff({256: (4, 1, 64), 257: (4, 1, 64), 273: (4, 100_001, 0)}), "image_corrupt"),
        (b"RIFF" + struct.pack("<I", 1_000) + b"WEBPVP8 ", "image_truncated"),
        (b"RIFF" + struct.pack("<I", 4) + b"WEBP" + bytes(40), "image_corrupt"),
        (BOX + struct.pack(">I", 1_000) + b"meta", "image_truncated"),
        (BOX + struct.pack(">I4sQ", 1, b"meta", 1_000), "image_truncated"),
        (BOX + struct.pack(">I", 0) + b"meta" + bytes(30), "image_corrupt"),
        (BOX + bytes(7), "image_corrupt"),
        (BOX + struct.pack(">I", 0) + b"II*\0\xff" * 200, "image_corrupt"),
        (JPEG[:2] + b"\xff\x01\xff\xff" + JPEG[2:9], "image_truncated"),
        (JPEG[:2] + b"\xff\xe0\x00\x01" + JPEG[2:], "image_corrupt"),
        (JPEG[:2] + b"\xff\xe5\x00\x02junk" + JPEG[2:], "image_corrupt"),
        (JPEG[:2] + b"\xff\xe5\x00\x02" * 2_001 + JPEG[2:], "image_corrupt"),
        (JPEG[:2] + JPEG[JPEG.index(b"\xff\xda") :], "image_corrupt"),
        (JPEG.replace(b"\xff\xc0\0\x11\x08\0", b"\xff\xc0\0\x11\x08\1"), "image_truncated"),
        (JPEG[: JPEG.index(b"\xff\xc0") + 9] + b"\x02" + JPEG[-200:], "image_corrupt"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(InvalidImage) as refusal:
        READER.decode(data)
    assert refusal.value.code == code


@pytest.mark.skipif("AVIF" not in readable(), reason="Pillow was built without AVIF")
def test_pixels_that_look_like_a_directory_by_chance_do_no_harm() -> None:
    data = small("AVIF") + struct.pack(">I", 40) + b"free" + b"II*\0\xff\xff\xff\xff" + bytes(24)
    assert READER.decode(data).pixels.shape == (64, 96, 3)
