"""Pillow alone reads, shrinks and draws as the reader with numpy does."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops, ImageStat

from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.adapters.pillow.plain import PlainPictures
from faceplate.domain.errors import FaceplateError, Unsupported
from faceplate.domain.faces import BoundingBox
from faceplate.ports.pictures import Label

WHOLE = PillowPictures(max_bytes=2_000_000, max_pixels=2_000_000)
PLAIN = PlainPictures(max_bytes=2_000_000, max_pixels=2_000_000)
BOX = BoundingBox(left=0.2, top=0.3, width=0.3, height=0.2)


def saved(image: Image.Image, form: str, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def gradient(mode: str = "RGB") -> Image.Image:
    ramp = Image.linear_gradient("L").resize((320, 240))
    merged = Image.merge("RGB", (ramp, ramp.rotate(90).resize((320, 240)), ImageChops.invert(ramp)))
    return merged.convert(mode)


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(gradient(), "JPEG", quality=95, exif=exif)


PICTURES = {
    "jpeg": saved(gradient(), "JPEG", quality=95),
    "grey jpeg": saved(gradient("L"), "JPEG", quality=95),
    "cmyk jpeg": saved(gradient("CMYK"), "JPEG", quality=95),
    "png": saved(gradient(), "PNG"),
    "transparent png": saved(Image.new("RGBA", (200, 100), (200, 30, 40, 90)), "PNG"),
    "palette png": saved(gradient("P"), "PNG"),
    "16 bit png": saved(gradient("L").convert("I").point(lambda v: v * 257).convert("I;16"), "PNG"),
    "webp": saved(gradient(), "WEBP", quality=90),
    "gif": saved(gradient("P"), "GIF"),
    "bmp": saved(gradient(), "BMP"),
    "tiff": saved(gradient(), "TIFF"),
    **{f"turned {number}": turned(number) for number in range(1, 9)},
}
NOISE = saved(Image.effect_noise((200, 200), 50).convert("RGB"), "PNG")


@pytest.mark.parametrize("name", PICTURES)
def test_excerpts_and_drawings_are_those_of_the_other_reader(name: str) -> None:
    data = PICTURES[name]
    assert PLAIN.inspect(data) == WHOLE.inspect(data)
    labels = [Label(BOX, "Ana", known=True)]
    for plain, whole in (
        (PLAIN.annotate(data, labels), WHOLE.annotate(data, labels)),
        (
            PLAIN.excerpt(data, box=BOX, max_bytes=100_000),
            WHOLE.excerpt(data, box=BOX, max_bytes=100_000),
        ),
        (PLAIN.excerpt(data, max_bytes=4_000), WHOLE.excerpt(data, max_bytes=4_000)),
    ):
        one, other = Image.open(io.BytesIO(plain)), Image.open(io.BytesIO(whole))
        assert one.size == other.size
        difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
        assert max(ImageStat.Stat(difference).mean) < 2.0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        PICTURES["jpeg"][:2000],
        NOISE[: len(NOISE) // 2],
        NOISE[:400] + b"\0" * 400 + NOISE[800:],
        PICTURES["webp"][:900],
        saved(Image.new("RGB", (3000, 3000)), "PNG"),
    ],
)
def test_what_is_refused_is_refused_with_the_same_code(data: bytes) -> None:
    codes = []
    for reader in (PLAIN, WHOLE):
        with pytest.raises(FaceplateError) as refused:
            reader.decode(data)
        codes.append(refused.value.code)
    assert codes[0] == codes[1]


def test_sound_pixels_are_handed_to_nobody() -> None:
    with pytest.raises(Unsupported):
        PLAIN.decode(PICTURES["jpeg"])
