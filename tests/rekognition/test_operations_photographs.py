"""Operations on real photographs with the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from faceplate.bootstrap import build
from faceplate.config import Settings
from rekognition_calls import Invoke, invoking

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Invoke]:
    application = build(Settings(data_dir=tmp_path_factory.mktemp("rekognition")))
    yield invoking(application)
    application.close()


def turned(data: bytes, orientation: int) -> bytes:
    """Store the pixels turned, with the EXIF note that turns them back."""
    picture = Image.open(BytesIO(data)).convert("RGB")
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}[orientation]
    stored = picture.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = BytesIO()
    stored.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def points(face: dict[str, Any]) -> dict[str, dict[str, float]]:
    return {mark["Type"]: mark for mark in face["Landmarks"]}


def test_left_is_left_in_the_picture(real: Invoke, astronaut: bytes) -> None:
    (face,) = real("DetectFaces", Image={"Bytes": astronaut})["FaceDetails"]
    marks = points(face)
    assert set(marks) == {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}
    assert marks["eyeLeft"]["X"] < marks["nose"]["X"] < marks["eyeRight"]["X"]
    assert marks["mouthLeft"]["X"] < marks["mouthRight"]["X"]
    assert marks["eyeLeft"]["Y"] < marks["nose"]["Y"] < marks["mouthLeft"]["Y"]
    box = face["BoundingBox"]
    assert box["Left"] < marks["nose"]["X"] < box["Left"] + box["Width"]
    assert face["Confidence"] > 80


@pytest.mark.parametrize("orientation", [3, 6])
def test_boxes_are_of_the_upright_picture(
    real: Invoke, group_of_six: bytes, orientation: int
) -> None:
    upright = real("DetectFaces", Image={"Bytes": group_of_six})
    answer = real("DetectFaces", Image={"Bytes": turned(group_of_six, orientation)})
    assert "OrientationCorrection" not in answer
    assert len(answer["FaceDetails"]) == len(upright["FaceDetails"]) == 6
    for one, other in zip(upright["FaceDetails"], answer["FaceDetails"], strict=True):
        assert other["BoundingBox"]["Left"] == pytest.approx(one["BoundingBox"]["Left"], abs=0.03)
        assert other["BoundingBox"]["Top"] == pytest.approx(one["BoundingBox"]["Top"], abs=0.03)


def test_somebody_is_found_in_another_picture_and_strangers_are_not(
    real: Invoke, astronaut: bytes, group_of_six: bytes
) -> None:
    real("CreateCollection", CollectionId="people")
    one = real("IndexFaces", CollectionId="people", Image={"Bytes": astronaut}, ExternalImageId="e")
    real("IndexFaces", CollectionId="people", Image={"Bytes": group_of_six}, ExternalImageId="six")
    smaller = BytesIO()
    Image.open(BytesIO(astronaut)).convert("RGB").resize((400, 400)).save(smaller, "JPEG")
    found = real("SearchFacesByImage", CollectionId="people", Image={"Bytes": smaller.getvalue()})
    assert [match["Face"]["ExternalImageId"] for match in found["FaceMatches"]] == ["e"]
    assert found["FaceMatches"][0]["Similarity"] > 95
    compared = real(
        "CompareFaces", SourceImage={"Bytes": astronaut}, TargetImage={"Bytes": group_of_six}
    )
    assert (len(compared["FaceMatches"]), len(compared["UnmatchedFaces"])) == (0, 6)
    face_id = one["FaceRecords"][0]["Face"]["FaceId"]
    assert real("SearchFaces", CollectionId="people", FaceId=face_id)["FaceMatches"] == []


def test_users_gather_the_faces_of_one_person(real: Invoke, astronaut: bytes) -> None:
    real("CreateCollection", CollectionId="users")
    ids = []
    for quality in (95, 40):
        out = BytesIO()
        Image.open(BytesIO(astronaut)).convert("RGB").save(out, "JPEG", quality=quality)
        answer = real("IndexFaces", CollectionId="users", Image={"Bytes": out.getvalue()})
        ids.append(answer["FaceRecords"][0]["Face"]["FaceId"])
    real("CreateUser", CollectionId="users", UserId="collins")
    given = real("AssociateFaces", CollectionId="users", UserId="collins", FaceIds=ids)
    assert len(given["AssociatedFaces"]) == 2
    found = real("SearchUsersByImage", CollectionId="users", Image={"Bytes": astronaut})
    assert [match["User"]["UserId"] for match in found["UserMatches"]] == ["collins"]
