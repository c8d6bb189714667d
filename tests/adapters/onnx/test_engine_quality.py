import cv2
import numpy as np
import pytest

from faceplate.adapters.onnx.engine import OnnxEngine
from faceplate.domain.faces import Pixels, Quality

pytestmark = pytest.mark.models


def quality_of(engine: OnnxEngine, pixels: Pixels) -> Quality:
    (face,) = engine.see(pixels, embed=False)
    return face.detail.quality


def blurred(pixels: Pixels, sigma_px: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma_px))


def test_sharpness_falls_with_every_blur(engine: OnnxEngine, portrait: Pixels) -> None:
    values = [quality_of(engine, portrait).sharpness]
    values += [quality_of(engine, blurred(portrait, sigma)).sharpness for sigma in (1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 60
    assert values[-1] < 15


def test_sharpness_hardly_depends_on_the_size_of_the_face(
    engine: OnnxEngine, portrait: Pixels
) -> None:
    values = []
    for side in (512, 360, 256, 180):
        smaller = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
        values.append(quality_of(engine, np.asarray(smaller)).sharpness)
    assert max(values) - min(values) < 30


def test_a_blurred_large_picture_is_less_sharp_than_a_crisp_small_one(
    engine: OnnxEngine, portrait: Pixels
) -> None:
    large = cv2.resize(portrait, (1500, 1500), interpolation=cv2.INTER_CUBIC)
    small = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    soft = quality_of(engine, blurred(np.asarray(large), 12)).sharpness
    assert soft < quality_of(engine, np.asarray(small)).sharpness - 30


def test_brightness_rises_with_exposure(engine: OnnxEngine, portrait: Pixels) -> None:
    values = [
        quality_of(engine, (portrait * gain).clip(0, 255).astype(np.uint8)).brightness
        for gain in (0.25, 0.5, 1.0, 1.4)
    ]
    assert values == sorted(values)
    assert values[0] < 20
    assert 40 < values[2] < 80


def test_light_hardly_changes_sharpness(engine: OnnxEngine, portrait: Pixels) -> None:
    dim = (portrait * 0.4).astype(np.uint8)
    assert abs(quality_of(engine, dim).sharpness - quality_of(engine, portrait).sharpness) < 30
