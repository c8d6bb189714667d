"""Which faces are good enough to be indexed or searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faceplate.domain.faces import LeftOutFace, QualityFilter, Reason, SeenFace


@dataclass(frozen=True, slots=True)
class QualityBar:
    """The least a face must have. Angles in degrees, the rest as in `Quality` and `SeenFace`."""

    confidence: float
    side_px: float
    sharpness: float
    brightness: float
    max_brightness: float
    max_yaw: float
    max_pitch: float


BARS: dict[QualityFilter, QualityBar | None] = {
    QualityFilter.NONE: None,
    QualityFilter.LOW: QualityBar(
        confidence=65,
        side_px=16,
        sharpness=4,
        brightness=8,
        max_brightness=98,
        max_yaw=80,
        max_pitch=70,
    ),
    QualityFilter.MEDIUM: QualityBar(
        confidence=75,
        side_px=28,
        sharpness=10,
        brightness=15,
        max_brightness=95,
        max_yaw=60,
        max_pitch=50,
    ),
    QualityFilter.HIGH: QualityBar(
        confidence=85,
        side_px=48,
        sharpness=20,
        brightness=22,
        max_brightness=92,
        max_yaw=40,
        max_pitch=35,
    ),
}
BARS[QualityFilter.AUTO] = BARS[QualityFilter.LOW]


def reasons_against(face: SeenFace, quality_filter: QualityFilter) -> tuple[Reason, ...]:
    """List every reason this filter has against a face; empty when it passes."""
    bar = BARS[quality_filter]
    if bar is None:
        return ()
    detail = face.detail
    checks = (
        (detail.confidence < bar.confidence, Reason.LOW_CONFIDENCE),
        (face.min_side_px < bar.side_px, Reason.SMALL_BOUNDING_BOX),
        (detail.quality.sharpness < bar.sharpness, Reason.LOW_SHARPNESS),
        (detail.quality.brightness < bar.brightness, Reason.LOW_BRIGHTNESS),
        (detail.quality.brightness > bar.max_brightness, Reason.LOW_FACE_QUALITY),
        (
            abs(detail.pose.yaw) > bar.max_yaw or abs(detail.pose.pitch) > bar.max_pitch,
            Reason.EXTREME_POSE,
        ),
    )
    return tuple(reason for failed, reason in checks if failed)


def choose(
    faces: Sequence[SeenFace], *, quality_filter: QualityFilter, max_faces: int
) -> tuple[list[SeenFace], list[LeftOutFace]]:
    """Split faces into those to use and those left out with their reasons.

    Past ``max_faces`` the ones of lowest quality go first, then the smallest; both lists keep the
    order they came in (largest box first).
    """
    left_out: dict[int, tuple[Reason, ...]] = {}
    for position, face in enumerate(faces):
        reasons = reasons_against(face, quality_filter)
        if reasons:
            left_out[position] = reasons
    passed = [position for position in range(len(faces)) if position not in left_out]
    ranked = sorted(passed, key=lambda position: _worth(faces[position]), reverse=True)
    for position in ranked[max_faces:]:
        left_out[position] = (Reason.EXCEEDS_MAX_FACES,)
    used = [face for position, face in enumerate(faces) if position not in left_out]
    return used, [
        LeftOutFace(detail=faces[position].detail, reasons=reasons)
        for position, reasons in sorted(left_out.items())
    ]


def _worth(face: SeenFace) -> tuple[int, float]:
    """Rank by quality class, then by size."""
    grade = sum(
        not reasons_against(face, step)
        for step in (QualityFilter.LOW, QualityFilter.MEDIUM, QualityFilter.HIGH)
    )
    return grade, face.detail.box.area
