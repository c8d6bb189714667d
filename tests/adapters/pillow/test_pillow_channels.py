"""Every kind of channel ends as 8-bit RGB with the right values."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from faceplate.adapters.pillow.pictures import PillowPictures

READER = PillowPictures(max_bytes=1_000_000)
RAMP = np.tile(np.linspace(0, 255, 64), (32, 1))


def read(image: Image.Image, kind: str, **options: object) -> np.ndarray:
    encoded = io.BytesIO()
    image.save(encoded, kind, **options)
    return READER.decode(encoded.getvalue()).pixels.astype(int)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((RAMP * 257).astype(np.uint16), "PNG"),
        ((RAMP * 257).astype(np.uint16), "TIFF"),
        ((RAMP * 257).astype(np.int32), "TIFF"),
        (RAMP.astype(np.int32), "TIFF"),
        ((RAMP * 100_000).astype(np.int32), "TIFF"),
        ((RAMP / 255).astype(np.float32), "TIFF"),
        (RAMP.astype(np.float32), "TIFF"),
        ((RAMP * 257).astype(np.float32), "TIFF"),
        (RAMP.astype(np.uint8), "PNG"),
        (RAMP.astype(np.uint8), "JPEG"),
    ],
)
def test_deep_and_grey_pictures_are_scaled_to_8_bits(values: np.ndarray, kind: str) -> None:
    pixels = read(Image.fromarray(values), kind)
    assert np.abs(pixels - RAMP[:, :, None]).max() <= 3


def test_values_that_are_no_numbers_become_black() -> None:
    values = np.full((32, 64), 0.5, np.float32)
    values[0, 0] = np.nan
    pixels = read(Image.fromarray(values), "TIFF")
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[9, 9].tolist() == [128, 128, 128]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb_and_not_its_negative(kind: str) -> None:
    orange = Image.new("RGB", (32, 32), (240, 130, 20))
    pixels = read(orange.convert("CMYK"), kind)
    assert np.abs(pixels - [240, 130, 20]).max() <= 4


def test_transparency_lies_on_white() -> None:
    half = Image.new("RGBA", (32, 32), (0, 0, 0, 128))
    assert np.abs(read(half, "PNG") - 127).max() <= 1
    clear = Image.new("LA", (32, 32), (0, 0))
    assert read(clear, "PNG").min() == 255


def test_a_transparent_palette_entry_lies_on_white() -> None:
    image = Image.new("P", (32, 32), 1)
    image.putpalette([0, 0, 0, 200, 10, 10] + [0] * 762)
    image.paste(0, (0, 0, 16, 32))
    pixels = read(image, "PNG", transparency=0)
    assert pixels[5, 5].tolist() == [255, 255, 255]
    assert pixels[5, 30].tolist() == [200, 10, 10]


def test_one_bit_is_black_and_white() -> None:
    image = Image.new("1", (32, 32), 1)
    image.paste(0, (0, 0, 16, 32))
    pixels = read(image, "PNG")
    assert pixels[5, 5].tolist() == [0, 0, 0]
    assert pixels[5, 30].tolist() == [255, 255, 255]


def test_a_picture_of_several_strips_has_no_seam() -> None:
    tall = np.tile(np.arange(5_000, dtype=np.uint16)[:, None] * 13, (1, 1_000))
    pixels = read(Image.fromarray(tall), "PNG")
    assert np.abs(pixels[:, 500, 0] - np.arange(5_000) * 13 / 257).max() <= 1
