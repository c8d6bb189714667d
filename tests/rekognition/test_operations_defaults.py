"""Defaults and limits that no member says: both sides of each."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageDraw

from build import ANA, draw
from rekognition_calls import Invoke

LIKE_84 = (172, 68, 40)
LIKE_78 = (171, 69, 40)
LIKE_70 = (170, 70, 40)
"""Colours by how alike they are to `ANA`, in per cent."""


@pytest.fixture
def ids(invoke: Invoke) -> dict[str, str]:
    """Faces of a collection by their ExternalImageId; a user for each."""
    invoke("CreateCollection", CollectionId="c")
    found = {}
    for name, colour in (("84", LIKE_84), ("78", LIKE_78), ("70", LIKE_70)):
        answer = invoke(
            "IndexFaces", CollectionId="c", Image={"Bytes": draw(colour)}, ExternalImageId=name
        )
        found[name] = answer["FaceRecords"][0]["Face"]["FaceId"]
        invoke("CreateUser", CollectionId="c", UserId=name)
        invoke("AssociateFaces", CollectionId="c", UserId=name, FaceIds=[found[name]])
    return found


@pytest.mark.usefixtures("ids")
def test_80_is_the_least_similarity_that_matches(invoke: Invoke) -> None:
    image = {"Bytes": draw(ANA)}
    faces = invoke("SearchFacesByImage", CollectionId="c", Image=image)["FaceMatches"]
    assert [match["Face"]["ExternalImageId"] for match in faces] == ["84"]
    users = invoke("SearchUsersByImage", CollectionId="c", Image=image)["UserMatches"]
    assert [match["User"]["UserId"] for match in users] == ["84"]
    target = {"Bytes": draw(LIKE_84, LIKE_78)}
    compared = invoke("CompareFaces", SourceImage=image, TargetImage=target)
    assert (len(compared["FaceMatches"]), len(compared["UnmatchedFaces"])) == (1, 1)
    ana = invoke("IndexFaces", CollectionId="c", Image=image)["FaceRecords"][0]["Face"]["FaceId"]
    faces = invoke("SearchFaces", CollectionId="c", FaceId=ana)["FaceMatches"]
    assert [match["Face"]["ExternalImageId"] for match in faces] == ["84"]
    users = invoke("SearchUsers", CollectionId="c", FaceId=ana)["UserMatches"]
    assert [match["User"]["UserId"] for match in users] == ["84"]
    invoke("CreateUser", CollectionId="c", UserId="ana")
    invoke("AssociateFaces", CollectionId="c", UserId="ana", FaceIds=[ana])
    users = invoke("SearchUsers", CollectionId="c", UserId="ana")["UserMatches"]
    assert [match["User"]["UserId"] for match in users] == ["84"]
    lower = invoke("SearchFacesByImage", CollectionId="c", Image=image, FaceMatchThreshold=75.0)[
        "FaceMatches"
    ]
    assert len(lower) == 3  # with Ana herself


def test_75_is_the_least_similarity_that_is_associated(invoke: Invoke, ids: dict[str, str]) -> None:
    for user in ("78", "70"):
        invoke("DisassociateFaces", CollectionId="c", UserId=user, FaceIds=[ids[user]])
    ana = invoke("IndexFaces", CollectionId="c", Image={"Bytes": draw(ANA)})
    face_id = ana["FaceRecords"][0]["Face"]["FaceId"]
    invoke("CreateUser", CollectionId="c", UserId="ana")
    invoke("AssociateFaces", CollectionId="c", UserId="ana", FaceIds=[face_id])
    far = invoke("AssociateFaces", CollectionId="c", UserId="ana", FaceIds=[ids["70"]])
    assert far["AssociatedFaces"] == []
    (problem,) = far["UnsuccessfulFaceAssociations"]
    assert problem["Reasons"] == ["LOW_MATCH_CONFIDENCE"]
    assert problem["Confidence"] == pytest.approx(70.2, abs=0.5)
    near = invoke("AssociateFaces", CollectionId="c", UserId="ana", FaceIds=[ids["78"]])
    assert near["AssociatedFaces"] == [{"FaceId": ids["78"]}]


def crowd(count: int) -> bytes:
    """Draw a picture of many faces, each a little larger than the one before."""
    picture = Image.new("RGB", (1280, 1280), "white")
    pen = ImageDraw.Draw(picture)
    for number in range(count):
        left, top = 10 + 110 * (number % 11), 10 + 110 * (number // 11)
        side = 40 + number // 3
        pen.rectangle((left, top, left + side, top + side), fill=ANA)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_no_more_than_the_100_largest_faces_are_looked_at(invoke: Invoke) -> None:
    image = {"Bytes": crowd(110)}
    details = invoke("DetectFaces", Image=image)["FaceDetails"]
    areas = [face["BoundingBox"]["Width"] * face["BoundingBox"]["Height"] for face in details]
    assert len(areas) == 100
    assert areas == sorted(areas, reverse=True)
    compared = invoke("CompareFaces", SourceImage={"Bytes": draw(ANA)}, TargetImage=image)
    assert len(compared["FaceMatches"]) == 100
    invoke("CreateCollection", CollectionId="c")
    indexed = index(invoke, image, MaxFaces=1000)
    assert len(indexed["FaceRecords"]) == 100
    assert [face["Reasons"] for face in indexed["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]] * 10
    assert len(index(invoke, image)["FaceRecords"]) == 100
    assert invoke("DescribeCollection", CollectionId="c")["FaceCount"] == 100


def index(invoke: Invoke, image: dict[str, bytes], **members: Any) -> dict[str, Any]:
    return invoke("IndexFaces", CollectionId="c", Image=image, QualityFilter="NONE", **members)
