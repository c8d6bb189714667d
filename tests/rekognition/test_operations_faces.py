"""IndexFaces, ListFaces, DeleteFaces, in process on drawn faces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from build import ANA, BEN, CAM, DIM, MemoryParts, build_memory_application, draw
from rekognition_calls import (
    ABSENT,
    BAD_IMAGE,
    BAD_TOKEN,
    DENIED,
    INVALID,
    MISSING,
    NO_OBJECT,
    TOO_LARGE,
    Invoke,
    invoking,
    refusal,
)


@pytest.fixture(autouse=True)
def collection(invoke: Invoke) -> None:
    invoke("CreateCollection", CollectionId="c")


def index(invoke: Invoke, picture: bytes, name: str | None = "x", **members: Any) -> dict[str, Any]:
    if name is not None:
        members["ExternalImageId"] = name
    return invoke("IndexFaces", CollectionId="c", Image={"Bytes": picture}, **members)


def ids_of(answer: dict[str, Any]) -> list[str]:
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def reasons_of(answer: dict[str, Any]) -> list[list[str]]:
    return [face["Reasons"] for face in answer["UnindexedFaces"]]


def test_faces_come_largest_first_with_all_that_is_known(invoke: Invoke) -> None:
    answer = index(invoke, draw(CAM, ANA, BEN, sides=[60, 100, 80]))
    areas = [
        record["Face"]["BoundingBox"]["Width"] * record["Face"]["BoundingBox"]["Height"]
        for record in answer["FaceRecords"]
    ]
    assert areas == sorted(areas, reverse=True)
    face, detail = answer["FaceRecords"][0]["Face"], answer["FaceRecords"][0]["FaceDetail"]
    assert set(face) == {
        "FaceId", "BoundingBox", "ImageId", "ExternalImageId", "Confidence",
        "IndexFacesModelVersion",
    }  # fmt: skip
    assert set(detail) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert face["BoundingBox"] == detail["BoundingBox"]
    assert answer["FaceModelVersion"] == face["IndexFacesModelVersion"] == "1.0"
    assert answer["UnindexedFaces"] == []
    assert "OrientationCorrection" not in answer


def test_a_picture_without_a_face_indexes_none(invoke: Invoke) -> None:
    headers: dict[str, str] = {}
    answer = index(invoke, draw(), headers=headers)
    assert (answer["FaceRecords"], answer["UnindexedFaces"]) == ([], [])
    assert headers == {"x-faceplate-warnings": "no_face"}


def test_the_same_picture_and_name_again_changes_nothing(invoke: Invoke) -> None:
    first, headers = index(invoke, draw(ANA)), {}
    again = index(invoke, draw(ANA), headers=headers)
    assert ids_of(first) == ids_of(again)
    assert headers == {"x-faceplate-warnings": "already_indexed"}
    assert invoke("DescribeCollection", CollectionId="c")["FaceCount"] == 1
    other = index(invoke, draw(ANA), "y", headers=headers)
    nameless = index(invoke, draw(ANA), None)
    assert headers == {"x-faceplate-warnings": "duplicate_image"}
    assert len({*ids_of(first), *ids_of(other), *ids_of(nameless)}) == 3
    assert "ExternalImageId" not in nameless["FaceRecords"][0]["Face"]
    images = {one["FaceRecords"][0]["Face"]["ImageId"] for one in (first, other, nameless)}
    assert len(images) == 1


def test_ids_do_not_depend_on_the_collection(invoke: Invoke) -> None:
    here = index(invoke, draw(ANA, BEN))
    invoke("CreateCollection", CollectionId="d")
    there = invoke(
        "IndexFaces", CollectionId="d", Image={"Bytes": draw(ANA, BEN)}, ExternalImageId="x"
    )
    assert ids_of(here) == ids_of(there)


def test_a_face_keeps_its_id_whatever_else_is_left_out(invoke: Invoke) -> None:
    """The largest is dim and dropped first; the other must not be given its id."""
    picture = draw(DIM, ANA)
    one = index(invoke, picture, MaxFaces=1, QualityFilter="NONE")
    both = index(invoke, picture, MaxFaces=2, QualityFilter="NONE")
    assert ids_of(one) == ids_of(both)[1:]
    assert invoke("DescribeCollection", CollectionId="c")["FaceCount"] == 2


def test_the_poorest_face_is_left_out_first_then_the_smallest(invoke: Invoke) -> None:
    picture = draw(DIM, ANA, BEN, CAM)
    answer = index(invoke, picture, MaxFaces=2, QualityFilter="NONE")
    assert reasons_of(answer) == [["EXCEEDS_MAX_FACES"], ["EXCEEDS_MAX_FACES"]]
    left = [face["FaceDetail"]["BoundingBox"]["Left"] for face in answer["UnindexedFaces"]]
    assert left[0] < 0.1
    assert left[1] > 0.7


def test_the_quality_filter_is_auto_unless_said(invoke: Invoke) -> None:
    picture, headers = draw(ANA, DIM), {}
    answer = index(invoke, picture, headers=headers)
    assert len(ids_of(answer)) == 1
    assert reasons_of(answer) == [["LOW_BRIGHTNESS"]]
    assert headers == {"x-faceplate-warnings": "several_faces, low_quality"}
    assert len(ids_of(index(invoke, picture, "all", QualityFilter="NONE"))) == 2
    none = index(invoke, draw(DIM), "dim", headers=headers)
    assert ids_of(none) == []
    assert headers == {"x-faceplate-warnings": "faces_left_out, low_quality"}


def test_attributes_are_given_where_a_model_computes_them() -> None:
    invoke = invoking(build_memory_application(attributes=("AGE_RANGE",)).application)
    invoke("CreateCollection", CollectionId="c")
    for asked, extra in (
        (["ALL"], {"AgeRange"}),
        (["DEFAULT", "AGE_RANGE", "SMILE"], {"AgeRange"}),
        (["GENDER"], set()),
        (["DEFAULT"], set()),
    ):
        answer = index(invoke, draw(ANA), DetectionAttributes=asked)
        usual = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
        assert set(answer["FaceRecords"][0]["FaceDetail"]) == usual | extra
        seen = invoke("DetectFaces", Image={"Bytes": draw(ANA)}, Attributes=asked)
        assert set(seen["FaceDetails"][0]) == usual | extra


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ({}, INVALID),
        (
            {"Bytes": draw(ANA), "S3Object": {"Bucket": "b", "Name": "n"}},
            INVALID,
        ),
        ({"S3Object": {"Bucket": "bucket"}}, INVALID),
        ({"S3Object": {"Name": "n"}}, INVALID),
        ({"S3Object": {"Bucket": "elsewhere", "Name": "n"}}, NO_OBJECT),
        ({"Bytes": b"no picture"}, BAD_IMAGE),
        ({"Bytes": draw(ANA, form="GIF")}, BAD_IMAGE),
        ({"Bytes": draw(ANA)[:-300]}, BAD_IMAGE),
        ({"Bytes": draw(ANA, size=(79, 200))}, INVALID),
        ({"Bytes": draw(ANA, size=(200, 79))}, INVALID),
    ],
)
@pytest.mark.parametrize(
    "operation", ["IndexFaces", "DetectFaces", "SearchFacesByImage", "SearchUsersByImage"]
)
def test_pictures_that_cannot_be_used_are_refused(
    invoke: Invoke, operation: str, image: dict[str, Any], code: str
) -> None:
    members = {} if operation == "DetectFaces" else {"CollectionId": "c"}
    assert refusal(invoke, operation, Image=image, **members) == code


def test_80_pixels_suffice(invoke: Invoke) -> None:
    assert len(ids_of(index(invoke, draw(ANA, size=(80, 80), sides=[50])))) == 1


def test_nothing_is_indexed_into_a_collection_that_is_not_there(invoke: Invoke) -> None:
    for name, members in (
        ("IndexFaces", {"Image": {"Bytes": draw(ANA)}}),
        ("ListFaces", {}),
        ("DeleteFaces", {"FaceIds": [ABSENT]}),
    ):
        refused = refusal(invoke, name, CollectionId="missing", **members)
        assert refused == MISSING
    assert invoke("ListCollections")["CollectionIds"] == ["c"]


def test_faces_are_listed_in_pages_and_filtered(invoke: Invoke) -> None:
    ids = sorted(ids_of(index(invoke, draw(ANA, BEN, CAM), QualityFilter="NONE")))
    invoke("CreateUser", CollectionId="c", UserId="u")
    invoke("AssociateFaces", CollectionId="c", UserId="u", FaceIds=ids[:1])
    found: list[str] = []
    page = invoke("ListFaces", CollectionId="c", MaxResults=2)
    assert page["FaceModelVersion"] == "1.0"
    token = page["NextToken"]
    while True:
        found += [face["FaceId"] for face in page["Faces"]]
        if "NextToken" not in page:
            break
        page = invoke("ListFaces", CollectionId="c", MaxResults=2, NextToken=page["NextToken"])
    assert found == ids
    theirs = invoke("ListFaces", CollectionId="c", UserId="u")["Faces"]
    assert [(face["FaceId"], face["UserId"]) for face in theirs] == [(ids[0], "u")]
    some = invoke("ListFaces", CollectionId="c", FaceIds=[ids[2], ids[1], ABSENT])["Faces"]
    assert [face["FaceId"] for face in some] == ids[1:]
    assert invoke("ListFaces", CollectionId="c", UserId="u", FaceIds=ids[1:])["Faces"] == []
    assert invoke("ListFaces", CollectionId="c", UserId="nobody")["Faces"] == []
    invoke("CreateCollection", CollectionId="d")
    for other in ({"UserId": "u"}, {"FaceIds": ids}, {"CollectionId": "d"}):
        members = {"CollectionId": "c", "NextToken": token, **other}
        assert refusal(invoke, "ListFaces", **members) == BAD_TOKEN


def test_faces_of_a_user_are_not_deleted(invoke: Invoke, parts: MemoryParts) -> None:
    ids = ids_of(index(invoke, draw(ANA, BEN)))
    invoke("CreateUser", CollectionId="c", UserId="u")
    invoke("AssociateFaces", CollectionId="c", UserId="u", FaceIds=ids[:1])
    answer = invoke("DeleteFaces", CollectionId="c", FaceIds=[*ids, ABSENT, ids[1]])
    assert answer == {
        "DeletedFaces": ids[1:],
        "UnsuccessfulFaceDeletions": [
            {"FaceId": ids[0], "UserId": "u", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]},
            {"FaceId": ABSENT, "Reasons": ["FACE_NOT_FOUND"]},
        ],
    }
    assert parts.application.recognizer.searchable("c", ids) == ids[:1]
    invoke("DisassociateFaces", CollectionId="c", UserId="u", FaceIds=ids[:1])
    assert invoke("DeleteFaces", CollectionId="c", FaceIds=ids[:1])["DeletedFaces"] == ids[:1]
    assert parts.application.recognizer.searchable("c", ids) == []


def test_both_interfaces_see_the_same_faces(invoke: Invoke, parts: MemoryParts) -> None:
    stored = parts.application.faces.index("a b.png", draw(ANA), collection_id="c")
    again = index(invoke, draw(ANA), "a:20b.png")
    assert ids_of(again) == [stored.faces[0].face_id]
    assert parts.application.images.faces("a b.png", collection_id="c")[0].image_key == "a b.png"
    index(invoke, draw(BEN), "ben")
    found = parts.application.faces.search(draw(BEN), collection_id="c").answers[0].faces
    assert [match.face.external_image_id for match in found] == ["ben"]


def test_a_stored_picture_is_an_object_of_our_bucket(invoke: Invoke, parts: MemoryParts) -> None:
    parts.application.faces.index("set/a b.png", draw(ANA), collection_id="mine.a")

    def place(name: str, **more: str) -> dict[str, Any]:
        return {"S3Object": {"Bucket": "faceplate", "Name": name, **more}}

    seen = invoke("DetectFaces", Image=place("mine.a/set/a b.png"), prefix="mine.")
    assert len(seen["FaceDetails"]) == 1
    for refused in (
        place("mine.a/set/none.png"),
        place("mine.b/set/a b.png"),
        place("mine.a"),
        place("mine.a/"),
        place("mine.a/set/a b.png", Version="1"),
    ):
        assert refusal(invoke, "DetectFaces", Image=refused) == NO_OBJECT
    theirs = refusal(invoke, "DetectFaces", Image=place("mine.a/set/a b.png"), prefix="other.")
    assert theirs == DENIED


def test_no_picture_of_more_than_15_mib_is_read_from_the_store(
    invoke: Invoke, parts: MemoryParts
) -> None:
    image = parts.application.faces.index("x.png", draw(ANA), collection_id="c").image
    parts.records.put_image(replace(image, size_bytes=15 * 1024 * 1024 + 1))
    place = {"S3Object": {"Bucket": "faceplate", "Name": "c/x.png"}}
    assert refusal(invoke, "DetectFaces", Image=place) == TOO_LARGE
