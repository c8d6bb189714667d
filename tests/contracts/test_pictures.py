"""What every reader of pictures must do."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.domain.errors import ImageTooLarge, InvalidImage
from faceplate.domain.faces import BoundingBox
from faceplate.ports.pictures import Label, Pictures

ALWAYS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]


@pytest.fixture
def reader() -> Pictures:
    return PillowPictures(max_bytes=2_000_000, max_pixels=1_000_000)


def scene(width: int = 120, height: int = 80) -> Image.Image:
    """Red falls from left to right, green grows from top to bottom."""
    red = np.tile(np.linspace(255, 0, width), (height, 1))
    green = np.tile(np.linspace(0, 255, height)[:, None], (1, width))
    return Image.fromarray(np.dstack([red, green, np.full_like(red, 90)]).astype(np.uint8))


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    encoded = io.BytesIO()
    image.save(encoded, kind, **options)
    return encoded.getvalue()


def far(first: object, second: object) -> float:
    return float(np.abs(np.asarray(first, float) - np.asarray(second, float)).mean())


@pytest.mark.parametrize("kind", ALWAYS)
def test_a_picture_is_read_as_rgb(reader: Pictures, kind: str) -> None:
    picture = reader.decode(encode(scene(), kind))
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.flags["C_CONTIGUOUS"]
    assert picture.pixels.shape == (80, 120, 3)
    assert far(picture.pixels, scene()) < 3
    assert (picture.info.format, picture.info.width_px, picture.info.height_px) == (kind, 120, 80)
    assert picture.info.media_type in reader.media_types


@pytest.mark.parametrize("kind", ALWAYS)
def test_inspect_says_what_decode_says(reader: Pictures, kind: str) -> None:
    data = encode(scene(), kind)
    assert reader.inspect(data) == reader.decode(data).info


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_exif_turn_is_applied(reader: Pictures, kind: str, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    data = encode(scene(), kind, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    picture = reader.decode(data)
    assert (picture.info.width_px, picture.info.height_px) == upright.size
    assert far(picture.pixels, upright.convert("RGB")) < 1


@pytest.mark.parametrize("kind", ALWAYS)
@pytest.mark.parametrize("share", [0.25, 0.6, 0.95])
def test_a_picture_cut_off_is_refused(reader: Pictures, kind: str, share: float) -> None:
    data = encode(scene(), kind)
    with pytest.raises(InvalidImage) as refusal:
        reader.decode(data[: int(len(data) * share)])
    assert refusal.value.code in ("image_truncated", "image_corrupt")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "image_empty"),
        (b"hello, this is not a picture", "image_format_unsupported"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_format_unsupported"),
        (b"\xff\xd8\xff", "image_truncated"),
        (b"\x89PNG\r\n\x1a\n", "image_truncated"),
        (encode(scene(15, 40), "PNG"), "image_too_small"),
        (encode(scene(2000, 501), "PNG"), "image_too_many_pixels"),
    ],
)
def test_what_is_no_picture_for_us_is_refused(reader: Pictures, data: bytes, code: str) -> None:
    for read in (reader.inspect, reader.decode):
        with pytest.raises(InvalidImage) as refusal:
            read(data)
        assert refusal.value.code == code


def test_too_many_bytes_are_refused(reader: Pictures) -> None:
    data = encode(scene(), "PNG") + bytes(2_000_000)
    for read in (reader.inspect, reader.decode):
        with pytest.raises(ImageTooLarge):
            read(data)


def test_an_animation_gives_its_first_frame(reader: Pictures) -> None:
    later = Image.new("RGB", (120, 80), "blue")
    for kind in ("GIF", "WEBP", "PNG"):
        data = encode(scene(), kind, save_all=True, append_images=[later, later])
        assert far(reader.decode(data).pixels, scene()) < 3


def test_annotate_returns_an_upright_jpeg_of_the_same_size(reader: Pictures) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    box = BoundingBox(left=0.25, top=0.25, width=0.5, height=0.5)
    drawn = reader.decode(
        reader.annotate(encode(scene(), "JPEG", exif=exif), [Label(box, "Ann", known=True)])
    )
    assert (drawn.info.format, drawn.info.width_px, drawn.info.height_px) == ("JPEG", 80, 120)


def test_known_and_unknown_faces_look_different(reader: Pictures) -> None:
    box = BoundingBox(left=0.2, top=0.2, width=0.6, height=0.6)
    data = encode(Image.new("RGB", (400, 400), "gray"), "PNG")
    plain, known, unknown = (
        reader.decode(reader.annotate(data, labels)).pixels
        for labels in ([], [Label(box, "", known=True)], [Label(box, "", known=False)])
    )
    assert far(known, plain) > 0.5
    assert far(unknown, plain) > 0.5
    # The known box is one unbroken line; the unknown one has gaps along its top edge.
    edge = slice(90, 310)
    green = known[80:83, edge].astype(int)
    amber = unknown[80:83, edge].astype(int)
    assert (green[..., 1] - green[..., 0]).max(axis=0).min() > 40
    assert (amber[..., 0] - amber[..., 2]).max(axis=0).min() < 40
    assert (amber[..., 0] - amber[..., 2]).max() > 100


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_that_fits_comes_back_as_it_is(reader: Pictures, kind: str) -> None:
    data = encode(scene(), kind)
    assert reader.excerpt(data, max_bytes=len(data)) is data


@pytest.mark.parametrize("kind", ["WEBP", "TIFF", "BMP", "GIF"])
def test_other_formats_become_jpeg(reader: Pictures, kind: str) -> None:
    made = reader.decode(reader.excerpt(encode(scene(320, 200), kind), max_bytes=100_000))
    assert (made.info.format, made.pixels.shape) == ("JPEG", (200, 320, 3))
    assert far(made.pixels, scene(320, 200)) < 6


def test_what_is_too_large_is_made_smaller(reader: Pictures) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (600, 800, 3), dtype=np.uint8)
    data = encode(Image.fromarray(noise), "PNG")
    made = reader.excerpt(data, max_bytes=50_000)
    assert len(made) <= 50_000
    info = reader.inspect(made)
    assert abs(info.width_px / info.height_px - 800 / 600) < 0.05


def test_a_part_has_room_around_it_and_is_large_enough(reader: Pictures) -> None:
    data = encode(scene(800, 400), "PNG")
    part = reader.decode(reader.excerpt(data, box=BoundingBox(0.4, 0.4, 0.1, 0.2), max_bytes=10**6))
    # 80 x 80 pixels of the picture, and 0.6 of that on every side.
    assert part.pixels.shape == (176, 176, 3)
    assert far(part.pixels, np.asarray(scene(800, 400))[112:288, 272:448]) < 6
    tiny = reader.decode(
        reader.excerpt(data, box=BoundingBox(0.9, 0.9, 0.02, 0.04), max_bytes=10**6)
    )
    assert min(tiny.pixels.shape[:2]) == 160
    outside = reader.excerpt(data, box=BoundingBox(1.2, 1.2, 0.1, 0.1), max_bytes=10**6)
    assert reader.inspect(outside).format == "JPEG"
