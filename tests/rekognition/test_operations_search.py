"""Search, compare and detect, in process on drawn faces."""

from __future__ import annotations

from typing import Any

import pytest

from build import ANA, ANA_AGAIN, BEN, CAM, DIM, draw
from rekognition_calls import (
    ABSENT,
    DENIED,
    INVALID,
    MISSING,
    Invoke,
    refusal,
)

NEAR_ANA = (172, 62, 56)


@pytest.fixture(autouse=True)
def ids(invoke: Invoke) -> dict[str, str]:
    invoke("CreateCollection", CollectionId="c")
    found = {}
    for name, colour in (("ana", ANA), ("again", ANA_AGAIN), ("near", NEAR_ANA), ("ben", BEN)):
        answer = invoke(
            "IndexFaces", CollectionId="c", Image={"Bytes": draw(colour)}, ExternalImageId=name
        )
        found[name] = answer["FaceRecords"][0]["Face"]["FaceId"]
    return found


def by_image(invoke: Invoke, picture: bytes, **members: Any) -> dict[str, Any]:
    return invoke("SearchFacesByImage", CollectionId="c", Image={"Bytes": picture}, **members)


def names_of(answer: dict[str, Any]) -> list[str]:
    return [match["Face"]["ExternalImageId"] for match in answer["FaceMatches"]]


def test_a_search_finds_best_first(invoke: Invoke) -> None:
    answer = by_image(invoke, draw(ANA))
    assert names_of(answer) == ["ana", "again", "near"]
    similarities = [match["Similarity"] for match in answer["FaceMatches"]]
    assert similarities == sorted(similarities, reverse=True)
    assert similarities[-1] >= 80
    assert set(answer) == {
        "SearchedFaceBoundingBox", "SearchedFaceConfidence", "FaceMatches", "FaceModelVersion",
    }  # fmt: skip
    assert names_of(by_image(invoke, draw(ANA), MaxFaces=2)) == ["ana", "again"]
    assert names_of(by_image(invoke, draw(CAM))) == []
    everyone = by_image(invoke, draw(CAM), FaceMatchThreshold=0.0)
    assert sorted(names_of(everyone)) == ["again", "ana", "ben", "near"]
    assert names_of(by_image(invoke, draw(CAM), FaceMatchThreshold=100.0)) == []


def test_the_largest_face_is_searched(invoke: Invoke) -> None:
    answer = by_image(invoke, draw(ANA, BEN, sides=[60, 100]))
    assert names_of(answer) == ["ben"]
    assert answer["SearchedFaceBoundingBox"]["Height"] == pytest.approx(0.5, abs=0.02)


def test_faces_below_the_filter_are_not_searched(invoke: Invoke) -> None:
    picture = draw(DIM, BEN)
    assert names_of(by_image(invoke, picture)) == []
    assert names_of(by_image(invoke, picture, QualityFilter="AUTO")) == ["ben"]
    refused = refusal(
        invoke,
        "SearchFacesByImage",
        CollectionId="c",
        Image={"Bytes": draw(DIM)},
        QualityFilter="LOW",
    )
    assert refused == INVALID


def test_a_picture_without_a_face_cannot_be_searched_or_compared(invoke: Invoke) -> None:
    empty, face = {"Bytes": draw()}, {"Bytes": draw(ANA)}
    assert refusal(invoke, "SearchFacesByImage", CollectionId="c", Image=empty) == INVALID
    for source, target in ((empty, face), (face, empty)):
        refused = refusal(invoke, "CompareFaces", SourceImage=source, TargetImage=target)
        assert refused == INVALID
    assert invoke("DetectFaces", Image=empty) == {"FaceDetails": []}
    found = invoke("SearchUsersByImage", CollectionId="c", Image=empty)
    assert found == {"UserMatches": [], "FaceModelVersion": "1.0", "UnsearchedFaces": []}


def test_a_face_of_the_collection_is_searched_without_itself(
    invoke: Invoke, ids: dict[str, str]
) -> None:
    answer = invoke("SearchFaces", CollectionId="c", FaceId=ids["ana"])
    assert answer["SearchedFaceId"] == ids["ana"]
    assert names_of(answer) == ["again", "near"]
    few = invoke("SearchFaces", CollectionId="c", FaceId=ids["ana"], MaxFaces=1)
    assert names_of(few) == ["again"]
    strict = invoke("SearchFaces", CollectionId="c", FaceId=ids["ana"], FaceMatchThreshold=99.0)
    assert names_of(strict) == ["again"]
    assert refusal(invoke, "SearchFaces", CollectionId="c", FaceId=ABSENT) == INVALID


def test_what_was_written_is_found_at_once_and_what_was_deleted_is_not(
    invoke: Invoke, ids: dict[str, str]
) -> None:
    invoke("DeleteFaces", CollectionId="c", FaceIds=[ids["ben"]])
    assert names_of(by_image(invoke, draw(BEN))) == []
    invoke("IndexFaces", CollectionId="c", Image={"Bytes": draw(BEN)}, ExternalImageId="ben2")
    assert names_of(by_image(invoke, draw(BEN))) == ["ben2"]


def test_collections_do_not_see_each_other(invoke: Invoke, ids: dict[str, str]) -> None:
    invoke("CreateCollection", CollectionId="d")
    invoke("CreateUser", CollectionId="c", UserId="u")
    invoke("AssociateFaces", CollectionId="c", UserId="u", FaceIds=[ids["ana"]])
    image = {"Bytes": draw(ANA)}
    assert invoke("SearchFacesByImage", CollectionId="d", Image=image)["FaceMatches"] == []
    assert invoke("SearchUsersByImage", CollectionId="d", Image=image)["UserMatches"] == []
    assert refusal(invoke, "SearchFaces", CollectionId="d", FaceId=ids["ana"]) == INVALID
    assert refusal(invoke, "SearchUsers", CollectionId="d", UserId="u") == MISSING
    refused = invoke("DeleteFaces", CollectionId="d", FaceIds=[ids["ana"]])
    assert refused["UnsuccessfulFaceDeletions"][0]["Reasons"] == ["FACE_NOT_FOUND"]


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("SearchFaces", {"FaceId": ABSENT}),
        ("SearchFacesByImage", {"Image": {"Bytes": draw(ANA)}}),
        ("SearchUsers", {"UserId": "u"}),
        ("SearchUsersByImage", {"Image": {"Bytes": draw(ANA)}}),
    ],
)
def test_no_search_in_a_collection_that_is_not_there(
    invoke: Invoke, name: str, members: dict[str, Any]
) -> None:
    assert refusal(invoke, name, CollectionId="missing", **members) == MISSING
    refused = refusal(invoke, name, CollectionId="c", prefix="mine.", **members)
    assert refused == DENIED


def test_users_are_found_by_picture_face_and_user(invoke: Invoke, ids: dict[str, str]) -> None:
    for user, faces in (
        ("ana", ["ana", "again"]),
        ("near", ["near"]),
        ("ben", ["ben"]),
        ("new", []),
    ):
        invoke("CreateUser", CollectionId="c", UserId=user)
        if faces:
            invoke(
                "AssociateFaces",
                CollectionId="c",
                UserId=user,
                FaceIds=[ids[face] for face in faces],
            )

    def users_of(answer: dict[str, Any]) -> list[str]:
        assert {match["User"]["UserStatus"] for match in answer["UserMatches"]} <= {"ACTIVE"}
        scores = [match["Similarity"] for match in answer["UserMatches"]]
        assert scores == sorted(scores, reverse=True)
        return [match["User"]["UserId"] for match in answer["UserMatches"]]

    image = {"Bytes": draw(ANA, BEN, DIM, sides=[100, 80, 60])}
    found = invoke("SearchUsersByImage", CollectionId="c", Image=image, QualityFilter="AUTO")
    assert users_of(found) == ["ana", "near"]
    assert found["SearchedFace"]["FaceDetail"]["BoundingBox"]["Height"] > 0.4
    assert [face["Reasons"] for face in found["UnsearchedFaces"]] == [
        ["FACE_NOT_LARGEST"],
        ["LOW_BRIGHTNESS"],
    ]
    assert set(found["UnsearchedFaces"][0]) == {"FaceDetails", "Reasons"}
    one = invoke("SearchUsersByImage", CollectionId="c", Image=image, MaxUsers=1)
    assert users_of(one) == ["ana"]

    face = invoke("SearchUsers", CollectionId="c", FaceId=ids["ana"])
    assert users_of(face) == ["ana", "near"]
    assert (face["SearchedFace"], "SearchedUser" in face) == ({"FaceId": ids["ana"]}, False)
    user = invoke("SearchUsers", CollectionId="c", UserId="ana", MaxUsers=1)
    assert users_of(user) == ["near"]
    assert (user["SearchedUser"], "SearchedFace" in user) == ({"UserId": "ana"}, False)
    strict = invoke("SearchUsers", CollectionId="c", UserId="ana", UserMatchThreshold=100.0)
    assert users_of(strict) == []
    assert users_of(invoke("SearchUsers", CollectionId="c", UserId="new")) == []


def test_users_are_searched_by_one_thing(invoke: Invoke, ids: dict[str, str]) -> None:
    assert refusal(invoke, "SearchUsers", CollectionId="c") == INVALID
    both = {"UserId": "u", "FaceId": ids["ana"]}
    assert refusal(invoke, "SearchUsers", CollectionId="c", **both) == INVALID
    assert refusal(invoke, "SearchUsers", CollectionId="c", FaceId=ABSENT) == MISSING
    assert refusal(invoke, "SearchUsers", CollectionId="c", UserId="u") == MISSING


def test_a_source_is_compared_with_every_face_of_a_target(invoke: Invoke) -> None:
    source = {"Bytes": draw(CAM, ANA, sides=[50, 100])}
    target = {"Bytes": draw(BEN, NEAR_ANA, ANA_AGAIN, sides=[100, 80, 60])}
    answer = invoke("CompareFaces", SourceImage=source, TargetImage=target)
    assert set(answer) == {"SourceImageFace", "FaceMatches", "UnmatchedFaces"}
    assert set(answer["SourceImageFace"]) == {"BoundingBox", "Confidence"}
    heights = [match["Face"]["BoundingBox"]["Height"] for match in answer["FaceMatches"]]
    assert heights == pytest.approx([0.3, 0.4], abs=0.02)
    scores = [match["Similarity"] for match in answer["FaceMatches"]]
    assert scores == sorted(scores, reverse=True)
    assert len(answer["UnmatchedFaces"]) == 1
    all_of_them = invoke(
        "CompareFaces", SourceImage=source, TargetImage=target, SimilarityThreshold=0.0
    )
    assert (len(all_of_them["FaceMatches"]), all_of_them["UnmatchedFaces"]) == (3, [])
