from dataclasses import replace

import pytest

from faceplate.domain.faces import (
    BoundingBox,
    FaceDetail,
    Pose,
    Quality,
    QualityFilter,
    Reason,
    SeenFace,
)
from faceplate.domain.quality import choose, reasons_against


def seen(side: float = 0.2, *, side_px: float = 100, confidence: float = 95) -> SeenFace:
    detail = FaceDetail(
        box=BoundingBox(0, 0, side, side),
        confidence=confidence,
        landmarks=(),
        pose=Pose(0, 0, 0),
        quality=Quality(brightness=55, sharpness=60),
    )
    return SeenFace(detail=detail, min_side_px=side_px)


def with_detail(**changes: object) -> SeenFace:
    face = seen()
    return replace(face, detail=replace(face.detail, **changes))


@pytest.mark.parametrize(
    ("face", "reason"),
    [
        (seen(confidence=10), Reason.LOW_CONFIDENCE),
        (seen(side_px=5), Reason.SMALL_BOUNDING_BOX),
        (with_detail(quality=Quality(brightness=55, sharpness=0)), Reason.LOW_SHARPNESS),
        (with_detail(quality=Quality(brightness=0, sharpness=60)), Reason.LOW_BRIGHTNESS),
        (with_detail(quality=Quality(brightness=100, sharpness=60)), Reason.LOW_FACE_QUALITY),
        (with_detail(pose=Pose(0, -89, 0)), Reason.EXTREME_POSE),
        (with_detail(pose=Pose(0, 0, 89)), Reason.EXTREME_POSE),
    ],
)
def test_each_reason_is_found_by_every_filter_but_none(face: SeenFace, reason: Reason) -> None:
    for step in (QualityFilter.AUTO, QualityFilter.LOW, QualityFilter.MEDIUM, QualityFilter.HIGH):
        assert reasons_against(face, step) == (reason,)
    assert reasons_against(face, QualityFilter.NONE) == ()


def test_filters_grow_stricter() -> None:
    faces = [
        seen(side_px=size, confidence=grade) for size in (20, 40, 80) for grade in (70, 80, 95)
    ]
    passed = [
        sum(not reasons_against(face, step) for face in faces)
        for step in (QualityFilter.LOW, QualityFilter.MEDIUM, QualityFilter.HIGH)
    ]
    assert passed == sorted(passed, reverse=True)
    assert passed[0] > passed[1] > passed[2] > 0


def test_past_the_maximum_poor_faces_go_before_small_ones() -> None:
    large_but_poor, medium, small = seen(0.5, side_px=20), seen(0.3), seen(0.2)
    used, left_out = choose(
        [large_but_poor, medium, small], quality_filter=QualityFilter.NONE, max_faces=2
    )
    assert used == [medium, small]
    assert [face.reasons for face in left_out] == [(Reason.EXCEEDS_MAX_FACES,)]
    used, _ = choose([medium, small], quality_filter=QualityFilter.NONE, max_faces=1)
    assert used == [medium]


def test_filtered_faces_do_not_count_towards_the_maximum() -> None:
    poor, good = seen(0.5, side_px=2), seen(0.3)
    used, left_out = choose([poor, good], quality_filter=QualityFilter.AUTO, max_faces=1)
    assert used == [good]
    assert left_out[0].reasons == (Reason.SMALL_BOUNDING_BOX,)
