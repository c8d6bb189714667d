import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from faceplate.domain.faces import (
    BoundingBox,
    FaceDetail,
    FaceRecord,
    Landmark,
    Pose,
    Quality,
    detail_from_json,
    detail_to_json,
    face_to_json,
    model_version,
    name_face_id,
    name_image_id,
)

DETAIL = FaceDetail(
    box=BoundingBox(left=0.1, top=0.2, width=0.3, height=0.4),
    confidence=98.5,
    landmarks=(Landmark("eyeLeft", 0.2, 0.3),),
    pose=Pose(roll=1, yaw=-2, pitch=3),
    quality=Quality(brightness=50, sharpness=60),
)
FACE = FaceRecord(
    collection_id="c",
    face_id="f",
    image_id="i",
    external_image_id=None,
    image_key=None,
    detail=DETAIL,
    model="m@1.2",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_overlap_is_intersection_over_union() -> None:
    unit = BoundingBox(0, 0, 1, 1)
    assert unit.overlap(unit) == 1
    assert unit.overlap(BoundingBox(0.5, 0, 1, 1)) == pytest.approx(1 / 3)
    assert unit.overlap(BoundingBox(1, 0, 1, 1)) == 0
    assert unit.overlap(BoundingBox(0, 2, 1, 1)) == 0


@pytest.mark.parametrize(
    "detail", [DETAIL, replace(DETAIL, age_range=(20, 30), gender=("Female", 91.0))]
)
def test_details_survive_json(detail: FaceDetail) -> None:
    assert detail_from_json(detail_to_json(detail)) == detail


def test_ids_are_name_based_and_differ_by_each_part() -> None:
    parts = {"model": "m@1", "sha256": "ab", "external_image_id": "x", "ordinal": 0}
    one = name_face_id(**parts)  # type: ignore[arg-type]
    assert uuid.UUID(one).version == 5
    assert one == name_face_id(**parts)  # type: ignore[arg-type]
    for change in ({"model": "m@2"}, {"sha256": "cd"}, {"external_image_id": None}, {"ordinal": 1}):
        assert name_face_id(**{**parts, **change}) != one  # type: ignore[arg-type]
    assert name_image_id("ab") != name_image_id("cd")


def test_a_face_is_rendered_in_rekognitions_names() -> None:
    bare = face_to_json(FACE)
    assert bare["IndexFacesModelVersion"] == model_version("m@1.2") == "1.2"
    assert "UserId" not in bare
    assert "ExternalImageId" not in bare
    full = face_to_json(replace(FACE, external_image_id="x", person_id="p"))
    assert (full["ExternalImageId"], full["UserId"]) == ("x", "p")
