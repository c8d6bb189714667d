import cv2
import numpy as np
import pytest

from faceplate.adapters.onnx.alignment import patches_around
from faceplate.adapters.onnx.detector import YuNet
from faceplate.adapters.onnx.landmarks import refine
from faceplate.domain.faces import Pixels

pytestmark = pytest.mark.models


def test_one_face_with_points_where_they_belong(detector: YuNet, portrait: Pixels) -> None:
    found = detector.find(portrait)
    assert len(found) == 1
    left, top, width, height = found.boxes[0]
    assert abs(left - 178) < 8
    assert abs(top - 63) < 8
    assert abs(width - 90) < 12
    assert abs(height - 113) < 15
    left_eye, right_eye, nose, left_mouth, right_mouth = found.points[0]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert left_eye[1] < nose[1] < left_mouth[1]


def test_six_faces_are_six(detector: YuNet, group: Pixels) -> None:
    assert len(detector.find(group)) == 6


def test_no_face_in_noise(detector: YuNet) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (300, 500, 3), np.uint8)
    assert len(detector.find(noise)) == 0


def test_the_position_in_the_picture_does_not_change_the_face(
    detector: YuNet, portrait: Pixels
) -> None:
    shifted = np.roll(portrait, (64, 32), axis=(0, 1))
    here, there = detector.find(portrait), detector.find(shifted)
    assert np.allclose(there.boxes[0, :2] - here.boxes[0, :2], (32, 64), atol=1)


def test_batches_answer_as_single_pictures_do(detector: YuNet, portrait: Pixels) -> None:
    half = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    batch = cv2.dnn.blobFromImages([half, np.zeros_like(half), half], swapRB=True)
    picture, found = detector.cells(batch, min_score=0.6)
    alone, same = detector.cells(batch[:1], min_score=0.6)
    assert set(picture.tolist()) == {0, 2}
    assert set(alone.tolist()) == {0}
    for number in (0, 2):
        part = found.take(picture == number)
        assert np.allclose(part.boxes, same.boxes, atol=0.01)
        assert np.allclose(part.points, same.points, atol=0.01)


def test_refining_corrects_points_that_were_shaken(detector: YuNet, portrait: Pixels) -> None:
    points = detector.find(portrait).points[0]
    (true,) = refine(detector, patches_around(portrait, points[None]))
    assert np.abs(true.points - points).max() < 6
    shaken = points + np.random.default_rng(2).normal(0, 3, points.shape).astype(np.float32)
    (better,) = refine(detector, patches_around(portrait, shaken[None]))
    assert np.abs(better.points - true.points).mean() < np.abs(shaken - true.points).mean() / 2


def test_refining_many_faces_gives_what_refining_each_does(detector: YuNet, group: Pixels) -> None:
    patches = patches_around(group, detector.find(group).points) * 2
    together = refine(detector, patches)
    for patch, better in zip(patches, together, strict=True):
        (alone,) = refine(detector, [patch])
        assert np.allclose(alone.points, better.points, atol=0.02)


def test_points_of_no_face_stay_as_they_are(detector: YuNet, portrait: Pixels) -> None:
    points = detector.find(portrait).points[0]
    (patch,) = patches_around(np.zeros_like(portrait), points[None])
    (same,) = refine(detector, [patch])
    assert np.array_equal(same.points, patch.points)
