"""Users and their faces, and requests that come twice."""

from __future__ import annotations

from typing import Any

import pytest

from build import ANA, ANA_AGAIN, BEN, draw
from rekognition_calls import (
    ABSENT,
    BAD_TOKEN,
    CONFLICT,
    DENIED,
    MISMATCH,
    MISSING,
    QUOTA,
    Invoke,
    refusal,
)


@pytest.fixture(autouse=True)
def ids(invoke: Invoke) -> list[str]:
    """Two of Ana, one of Ben."""
    invoke("CreateCollection", CollectionId="c")
    return [
        index(invoke, draw(colour), str(place))
        for place, colour in enumerate((ANA, ANA_AGAIN, BEN))
    ]


def index(invoke: Invoke, picture: bytes, name: str) -> str:
    answer = invoke("IndexFaces", CollectionId="c", Image={"Bytes": picture}, ExternalImageId=name)
    face_id: str = answer["FaceRecords"][0]["Face"]["FaceId"]
    return face_id


def create(invoke: Invoke, *users: str) -> None:
    for user in users:
        assert invoke("CreateUser", CollectionId="c", UserId=user) == {}


def associate(invoke: Invoke, user: str, faces: list[str], **members: Any) -> dict[str, Any]:
    return invoke("AssociateFaces", CollectionId="c", UserId=user, FaceIds=faces, **members)


def disassociate(invoke: Invoke, user: str, faces: list[str], **members: Any) -> dict[str, Any]:
    return invoke("DisassociateFaces", CollectionId="c", UserId=user, FaceIds=faces, **members)


def test_a_user_lives_and_dies(invoke: Invoke, ids: list[str]) -> None:
    create(invoke, "u")
    users = invoke("ListUsers", CollectionId="c")
    assert users == {"Users": [{"UserId": "u", "UserStatus": "CREATED"}]}
    assert refusal(invoke, "CreateUser", CollectionId="c", UserId="u") == CONFLICT
    associate(invoke, "u", ids[:1])
    assert invoke("ListUsers", CollectionId="c")["Users"][0]["UserStatus"] == "ACTIVE"
    assert invoke("DescribeCollection", CollectionId="c")["UserCount"] == 1
    assert invoke("DeleteUser", CollectionId="c", UserId="u") == {}
    assert refusal(invoke, "DeleteUser", CollectionId="c", UserId="u") == MISSING
    face = invoke("ListFaces", CollectionId="c", FaceIds=ids[:1])["Faces"][0]
    assert "UserId" not in face


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("ListUsers", {}),
        ("CreateUser", {"UserId": "u"}),
        ("DeleteUser", {"UserId": "u"}),
        ("AssociateFaces", {"UserId": "u", "FaceIds": [ABSENT]}),
        ("DisassociateFaces", {"UserId": "u", "FaceIds": [ABSENT]}),
    ],
)
def test_no_users_in_a_collection_that_is_not_there(
    invoke: Invoke, name: str, members: dict[str, Any]
) -> None:
    assert refusal(invoke, name, CollectionId="missing", **members) == MISSING
    assert refusal(invoke, name, CollectionId="c", prefix="mine.", **members) == DENIED
    if members:
        members = {**members, "ClientRequestToken": "t"}
        assert refusal(invoke, name, CollectionId="missing", **members) == MISSING
    assert invoke("ListCollections")["CollectionIds"] == ["c"]


def test_users_are_listed_in_pages_by_id(invoke: Invoke) -> None:
    create(invoke, *"cab")
    first = invoke("ListUsers", CollectionId="c", MaxResults=2)
    rest = invoke("ListUsers", CollectionId="c", MaxResults=2, NextToken=first["NextToken"])
    assert [user["UserId"] for user in first["Users"] + rest["Users"]] == ["a", "b", "c"]
    assert "NextToken" not in rest
    refused = refusal(invoke, "ListUsers", CollectionId="c", NextToken="x")
    assert refused == BAD_TOKEN


def test_faces_are_given_and_taken(invoke: Invoke, ids: list[str]) -> None:
    create(invoke, "ana", "ben")
    assert associate(invoke, "ana", [ids[0], ids[0]]) == {
        "AssociatedFaces": [{"FaceId": ids[0]}],
        "UnsuccessfulFaceAssociations": [],
        "UserStatus": "ACTIVE",
    }
    answer = associate(invoke, "ana", [ids[0], ids[1], ABSENT, ids[2]])
    assert answer["AssociatedFaces"] == [{"FaceId": ids[1]}]
    missing, unlike = answer["UnsuccessfulFaceAssociations"]
    assert missing == {"FaceId": ABSENT, "Reasons": ["FACE_NOT_FOUND"]}
    assert 0 <= unlike.pop("Confidence") < 75
    assert unlike == {"FaceId": ids[2], "UserId": "ana", "Reasons": ["LOW_MATCH_CONFIDENCE"]}
    taken = associate(invoke, "ben", [ids[0]])
    assert taken == {
        "AssociatedFaces": [],
        "UnsuccessfulFaceAssociations": [
            {"FaceId": ids[0], "UserId": "ana", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}
        ],
        "UserStatus": "CREATED",
    }
    forced = associate(invoke, "ana", [ids[2]], UserMatchThreshold=0.0)
    assert forced["AssociatedFaces"] == [{"FaceId": ids[2]}]

    answer = disassociate(invoke, "ben", [ids[0], ABSENT])
    assert answer == {
        "DisassociatedFaces": [],
        "UnsuccessfulFaceDisassociations": [
            {"FaceId": ids[0], "UserId": "ana", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]},
            {"FaceId": ABSENT, "Reasons": ["FACE_NOT_FOUND"]},
        ],
        "UserStatus": "CREATED",
    }
    answer = disassociate(invoke, "ana", ids)
    assert answer["DisassociatedFaces"] == [{"FaceId": face_id} for face_id in ids]
    assert answer["UserStatus"] == "CREATED"
    again = disassociate(invoke, "ana", ids)
    assert again["DisassociatedFaces"] == again["UnsuccessfulFaceDisassociations"] == []


def test_nobody_gets_faces_who_is_not_there(invoke: Invoke, ids: list[str]) -> None:
    for name in ("AssociateFaces", "DisassociateFaces"):
        refused = refusal(invoke, name, CollectionId="c", UserId="nobody", FaceIds=ids)
        assert refused == MISSING


def test_a_user_has_at_most_100_faces(invoke: Invoke) -> None:
    create(invoke, "u")
    faces = [index(invoke, draw(ANA), f"n{number}") for number in range(102)]
    assert len(associate(invoke, "u", faces[:99])["AssociatedFaces"]) == 99
    over = associate(invoke, "u", faces[98:101])
    assert over["AssociatedFaces"] == [{"FaceId": faces[99]}]
    assert over["UnsuccessfulFaceAssociations"] == [{"FaceId": faces[100], "Reasons": []}]
    full = refusal(invoke, "AssociateFaces", CollectionId="c", UserId="u", FaceIds=faces[100:])
    assert full == QUOTA
    assert len(invoke("ListFaces", CollectionId="c", UserId="u")["Faces"]) == 100
    assert associate(invoke, "u", faces[:5])["AssociatedFaces"] == []


TWICE: dict[str, dict[str, Any]] = {
    "CreateUser": {"UserId": "new"},
    "DeleteUser": {"UserId": "u"},
    "AssociateFaces": {"UserId": "u", "UserMatchThreshold": 0.0},
    "DisassociateFaces": {"UserId": "full"},
}


@pytest.mark.parametrize("name", TWICE)
def test_the_same_request_with_the_same_token_is_done_once(
    invoke: Invoke, ids: list[str], name: str
) -> None:
    create(invoke, "u", "full")
    invoke("CreateCollection", CollectionId="d")
    associate(invoke, "full", ids[2:])
    members = {"CollectionId": "c", "ClientRequestToken": "t-1", **TWICE[name]}
    if name.endswith("Faces"):
        members["FaceIds"] = ids[2:] if name == "DisassociateFaces" else ids[:2]
    first = invoke(name, **members)
    if name.endswith("Faces"):
        assert first["AssociatedFaces" if name == "AssociateFaces" else "DisassociatedFaces"]
    before = invoke("ListFaces", CollectionId="c"), invoke("ListUsers", CollectionId="c")
    assert invoke(name, **members) == first
    assert before == (invoke("ListFaces", CollectionId="c"), invoke("ListUsers", CollectionId="c"))
    for change in ({"UserId": "other"}, {"CollectionId": "d"}):
        assert refusal(invoke, name, **{**members, **change}) == MISMATCH


def test_a_token_stands_for_one_operation_in_one_collection(invoke: Invoke) -> None:
    invoke("CreateCollection", CollectionId="d")
    same = {"UserId": "u", "ClientRequestToken": "t"}
    invoke("CreateUser", CollectionId="c", **same)
    assert refusal(invoke, "CreateUser", CollectionId="d", **same) == MISMATCH
    assert refusal(invoke, "DeleteUser", CollectionId="c", **same) == MISMATCH


def test_a_request_that_failed_may_come_again(invoke: Invoke) -> None:
    same = {"CollectionId": "c", "UserId": "u", "ClientRequestToken": "t"}
    assert refusal(invoke, "DeleteUser", **same) == MISSING
    create(invoke, "u")
    assert invoke("DeleteUser", **same) == {}


def test_a_token_is_its_keys_own_and_goes_with_its_collection(invoke: Invoke) -> None:
    same = {"UserId": "u", "ClientRequestToken": "t"}
    invoke("CreateUser", CollectionId="c", **same)
    refused = refusal(invoke, "CreateUser", CollectionId="c", prefix="c", **same)
    assert refused == CONFLICT
    invoke("DeleteCollection", CollectionId="c")
    invoke("CreateCollection", CollectionId="c")
    invoke("CreateUser", CollectionId="c", **same)
    assert len(invoke("ListUsers", CollectionId="c")["Users"]) == 1
