from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from faceplate.adapters.onnx.boxes import Detections
from faceplate.adapters.onnx.detector import YuNet
from faceplate.adapters.onnx.scales import (
    TILE_OVERLAP_PX,
    TILE_PX,
    FaceFinder,
    _not_cut,
    _pays,
    _spans,
    reduce_by,
    shrink,
)
from faceplate.domain.faces import Pixels


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))


def boxes(*rows: tuple[float, float, float, float]) -> Detections:
    table = np.array(rows, np.float32).reshape(-1, 4)
    return Detections(
        table, np.zeros((len(table), 5, 2), np.float32), np.ones(len(table), np.float32)
    )


@pytest.mark.parametrize(
    ("height", "width", "shape"),
    [
        (100, 200, (100, 200)),
        (640, 640, (640, 640)),
        (687, 1280, (343, 640)),
        (3000, 4000, (480, 640)),
        (1, 5000, (1, 640)),
        (5000, 2, (640, 1)),
    ],
)
def test_shrinking_reaches_the_side_and_never_enlarges(
    height: int, width: int, shape: tuple[int, int]
) -> None:
    assert shrink(np.zeros((height, width, 3), np.uint8), 640).shape[:2] == shape


def test_shrinking_averages_instead_of_picking_pixels() -> None:
    fine = noise(1280, 1280)
    assert shrink(fine, 320).std() < fine.std() / 3


def test_reducing_averages_whole_blocks() -> None:
    picture = np.zeros((5, 4, 3), np.uint8)
    picture[:2, :2] = 100
    small = reduce_by(picture, 2)
    assert small.shape == (2, 2, 3)
    assert small[0, 0].tolist() == [100, 100, 100]
    assert small[1].max() == 0


@pytest.mark.parametrize("length", [1, TILE_PX, TILE_PX + 1, 1280, 2560, 4096, 4097])
def test_spans_cover_everything_and_overlap(length: int) -> None:
    spans = _spans(length)
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    assert all(end - start <= TILE_PX for start, end in spans)
    for (_, end), (start, _) in pairwise(spans):
        assert end - start >= TILE_OVERLAP_PX - 1


def test_a_small_box_cut_by_an_inner_edge_is_left_to_the_next_tile() -> None:
    found = boxes((-3, 10, 20, 20), (600, 10, 20, 20), (-50, 10, 200, 200))
    kept = _not_cut(found, size=(620, 400), inner=(True, False, False, False))
    assert kept.boxes[:, 0].tolist() == [600, -50]


def test_a_finer_look_pays_for_small_faces_large_pictures_and_empty_ones() -> None:
    large_face, small_face = boxes((0, 0, 300, 300)), boxes((0, 0, 300, 300), (0, 0, 30, 40))
    assert not _pays(large_face, 1280, 640)
    assert _pays(small_face, 1280, 640)
    assert _pays(boxes(), 1280, 640)
    assert _pays(large_face, 4000, 640)
    assert not _pays(large_face, 4000, 1280)
    assert not _pays(boxes(), 8000, 2560)


@pytest.mark.models
def test_small_faces_in_a_large_picture_are_found(detector: YuNet, group: Pixels) -> None:
    wall = np.full((2400, 3200, 3), 128, np.uint8)
    wall[1700:1922, 2500:2820] = resized(group, 320, 222)  # faces of 25 px, 5 px at 640
    found = FaceFinder(detector).find(wall)
    assert len(found) == 6
    assert found.boxes[:, 2].max() < 40
    assert (found.boxes[:, 0] > 2500).all()
    assert (found.boxes[:, 1] > 1700).all()


@pytest.mark.models
def test_faces_seen_at_two_scales_are_counted_once(detector: YuNet, group: Pixels) -> None:
    wall = np.full((2400, 3200, 3), 128, np.uint8)
    wall[:886, :1280] = group
    wall[2000:2222, 2000:2320] = resized(group, 320, 222)
    found = FaceFinder(detector).find(wall)
    assert (found.scores > 0.7).sum() == 12


@pytest.mark.models
@pytest.mark.parametrize("side", [100, 400, 1500])
def test_a_face_that_fills_the_picture_is_found(
    detector: YuNet, portrait: Pixels, side: int
) -> None:
    close = resized(portrait[62:178, 175:270], side, side * 116 // 95)
    found = FaceFinder(detector).find(close)
    assert len(found) == 1
    assert found.boxes[0, 2] > 0.7 * side


@pytest.mark.models
@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3), (31, 33)])
def test_pictures_too_small_for_a_face_have_none(detector: YuNet, shape: tuple[int, int]) -> None:
    assert len(FaceFinder(detector).find(noise(*shape))) == 0
