import numpy as np
import pytest

from faceplate.adapters.onnx.alignment import (
    ARCFACE_POINTS,
    CHIP_WEIGHTS,
    TEMPLATES,
    cut_chips,
    enlarged,
    inverted,
    moved_points,
    patches_around,
    similarities,
    template_named,
)
from faceplate.adapters.onnx.boxes import Floats
from faceplate.domain.errors import Misconfigured


def placed(scale: float, degrees: float, left: float, top: float) -> Floats:
    """Return the template's points turned, scaled and shifted."""
    angle = np.deg2rad(degrees)
    turn = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    return (scale * ARCFACE_POINTS @ turn.T + (left, top)).astype(np.float32)


@pytest.mark.parametrize("degrees", [-170, -30, 0, 45, 90])
def test_the_similarity_undoes_turn_scale_and_shift(degrees: float) -> None:
    points = placed(3.5, degrees, 400, 120)[None]
    matrix = similarities(points, ARCFACE_POINTS)
    assert np.allclose(moved_points(points, matrix)[0], ARCFACE_POINTS, atol=0.01)
    assert np.isclose(np.hypot(matrix[0, 0, 0], matrix[0, 1, 0]), 1 / 3.5)


def test_the_similarity_never_mirrors() -> None:
    mirrored = ARCFACE_POINTS * (-1, 1)
    matrix = similarities(mirrored.astype(np.float32), ARCFACE_POINTS)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_the_way_back_leads_back() -> None:
    points = np.stack((placed(2, 20, 5, 6), placed(0.5, -70, 90, 0)))
    matrices = similarities(points, ARCFACE_POINTS)
    there = moved_points(points, matrices)
    assert np.allclose(moved_points(there, inverted(matrices)), points, atol=0.01)


def test_an_open_mouth_moves_a_chip_less_than_a_blink_of_the_eyes() -> None:
    mouth_down, eyes_down = ARCFACE_POINTS.copy(), ARCFACE_POINTS.copy()
    mouth_down[3:, 1] += 8
    eyes_down[:2, 1] += 8

    def moved(points: Floats) -> float:
        matrix = similarities(points, ARCFACE_POINTS, CHIP_WEIGHTS)
        return float(
            np.abs(moved_points(ARCFACE_POINTS[None], matrix[None]) - ARCFACE_POINTS).max()
        )

    assert moved(mouth_down) < moved(eyes_down)


def test_points_that_coincide_do_not_break_the_fit() -> None:
    assert np.isfinite(similarities(np.full((5, 2), 7, np.float32), ARCFACE_POINTS)).all()


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_show_an_upright_face_inside_the_chip(name: str) -> None:
    template = template_named(name)
    left_eye, right_eye, nose, left_mouth, right_mouth = template.points
    assert template.points.min() > 0
    assert template.points.max() < template.side_px
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < nose[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


def test_an_unknown_template_is_a_mistake_in_the_manifest() -> None:
    with pytest.raises(Misconfigured, match="arcface-112") as caught:
        template_named("arcface-113")
    assert caught.value.code == "manifest_invalid"


def test_enlarging_a_template_keeps_its_middle() -> None:
    usual = template_named("arcface-112")
    larger = enlarged(usual, 1.1)
    assert np.allclose(larger.points.mean(axis=0), usual.points.mean(axis=0), atol=0.01)
    eyes, usual_eyes = (one.points[1] - one.points[0] for one in (larger, usual))
    assert np.allclose(eyes, 1.1 * usual_eyes, atol=0.01)


def test_a_small_face_is_cut_from_the_picture_itself() -> None:
    picture = np.zeros((300, 300, 3), np.uint8)
    (patch,) = patches_around(picture, placed(1, 0, 50, 50)[None])
    assert patch.pixels is picture


@pytest.mark.parametrize("scale", [2.0, 3.7, 9.0])
def test_a_large_face_is_reduced_and_its_points_stay_true(scale: float) -> None:
    picture = np.zeros((1500, 1500, 3), np.uint8)
    points = placed(scale, 15, 250, 100)
    for x, y in points:
        picture[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3] = 255
    (patch,) = patches_around(picture, points[None])
    assert max(patch.pixels.shape) < 1500 / int(scale) + 1
    assert np.allclose(patch.in_picture(patch.points), points, atol=0.01)
    for x, y in patch.points:
        assert patch.pixels[round(y), round(x)].min() > 0


def test_a_reduced_face_is_free_of_false_patterns() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (1200, 1200, 3), np.uint8)
    (patch,) = patches_around(noise, placed(8, 0, 100, 100)[None])
    (chip,) = cut_chips([patch], template_named("arcface-112"))
    assert chip.std() < noise.std() / 5


def test_a_face_past_the_edge_is_black_there() -> None:
    picture = np.full((200, 200, 3), 200, np.uint8)
    (patch,) = patches_around(picture, placed(1, 0, -50, 0)[None])
    (chip,) = cut_chips([patch], template_named("arcface-112"))
    assert chip[:, :40].max() == 0
    assert chip[40:100, 70:100].min() == 200
