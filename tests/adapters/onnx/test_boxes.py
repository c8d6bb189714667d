import numpy as np

from faceplate.adapters.onnx.boxes import Detections, join, keep_best, merge_finer


def faces(*rows: tuple[float, float, float, float, float]) -> Detections:
    """Make faces of (left, top, width, height, score), with points in the middle."""
    table = np.array(rows, np.float32).reshape(-1, 5)
    middles = table[:, None, :2] + table[:, None, 2:4] / 2
    return Detections(table[:, :4], np.repeat(middles, 5, axis=1), table[:, 4])


def test_the_best_of_overlapping_boxes_is_kept_best_first() -> None:
    found = faces((0, 0, 10, 10, 0.7), (1, 0, 10, 10, 0.9), (50, 0, 10, 10, 0.8))
    kept = keep_best(found)
    assert kept.scores.tolist() == np.array([0.9, 0.8], np.float32).tolist()
    assert kept.boxes[:, 0].tolist() == [1, 50]


def test_a_box_hidden_only_by_a_dropped_one_is_kept() -> None:
    chain = faces((0, 0, 10, 10, 0.9), (4, 0, 10, 10, 0.8), (8, 0, 10, 10, 0.7))
    assert keep_best(chain).boxes[:, 0].tolist() == [0, 8]


def test_boxes_that_share_less_than_the_limit_are_two_faces() -> None:
    assert len(keep_best(faces((0, 0, 10, 10, 0.9), (6, 0, 10, 10, 0.8)))) == 2


def test_nothing_stays_nothing() -> None:
    assert len(keep_best(faces())) == 0
    assert len(merge_finer(faces(), faces())) == 0


def test_a_finer_look_adds_new_faces_and_counts_known_ones_once() -> None:
    coarse = faces((0, 0, 100, 100, 0.8))
    fine = faces((2, 2, 100, 100, 0.9), (300, 0, 12, 12, 0.75))
    assert merge_finer(coarse, fine).boxes[:, 0].tolist() == [2, 300]


def test_an_eye_inside_a_known_face_is_no_face() -> None:
    coarse = faces((0, 0, 100, 100, 0.8))
    assert len(merge_finer(coarse, faces((20, 20, 20, 20, 0.95)))) == 1


def test_a_face_beside_and_partly_behind_another_is_kept() -> None:
    coarse = faces((0, 0, 100, 100, 0.8))
    assert len(merge_finer(coarse, faces((80, 0, 60, 60, 0.95)))) == 2


def test_moving_scales_first_and_shifts_then() -> None:
    moved = faces((1, 2, 3, 4, 0.5)).moved(2.0, left=10, top=20)
    assert moved.boxes.tolist() == [[12, 24, 6, 8]]
    assert moved.points[0, 0].tolist() == [15, 28]


def test_joining_keeps_every_row() -> None:
    assert len(join([faces((0, 0, 1, 1, 0.5)), faces(), faces((0, 0, 1, 1, 0.5))])) == 2
