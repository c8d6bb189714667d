"""Kept faces over HTTP: list, look, delete, similar, query."""

import pytest

from asgi_client import Client
from build import ANA, ANA_AGAIN, BEN, draw


def index(client: Client, key: str, *colours: tuple[int, int, int]) -> list[str]:
    answer = client.put(f"/v1/index/{key}", draw(*colours)).json()
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def test_faces_are_listed_with_picture_person_and_metadata(client: Client) -> None:
    headers = {"x-amz-meta-album": "summer"}
    answer = client.put("/v1/index/a.png?person=Ana", draw(ANA), headers=headers).json()
    (face,) = client.get("/v1/faces").json()["faces"]
    assert face["image_key"] == "a.png"
    assert face["person_id"] == face["UserId"] == answer["person_id"]
    assert face["metadata"] == {"album": "summer"}
    assert face["model"] == "colours@1.0"
    assert client.get(f"/v1/faces/{face['FaceId']}").json() == face


def test_filters_are_combined(client: Client) -> None:
    index(client, "a.png", ANA, BEN)
    (mine,) = index(client, "b.png", BEN)
    person = client.post("/v1/people", {"name": "Ben"}).json()["person_id"]
    client.call("PUT", f"/v1/people/{person}/faces", f'{{"face_ids": ["{mine}"]}}'.encode())
    assert len(client.get("/v1/faces?image_key=a.png").json()["faces"]) == 2
    assert len(client.get(f"/v1/faces?person_id={person}").json()["faces"]) == 1
    both = client.get(f"/v1/faces?person_id={person}&image_key=a.png")
    assert both.json() == {"faces": [], "next_token": None}


def test_pages_of_faces_follow_each_other(client: Client) -> None:
    wanted = sorted(index(client, "a.png", ANA, BEN, ANA_AGAIN))
    first = client.get("/v1/faces?limit=2").json()
    rest = client.get(f"/v1/faces?limit=2&next_token={first['next_token']}").json()
    assert [face["FaceId"] for face in first["faces"] + rest["faces"]] == wanted
    assert rest["next_token"] is None


def test_a_deleted_face_is_gone_and_its_picture_stays(client: Client) -> None:
    first, second = index(client, "a.png", ANA, BEN)
    answer = client.delete(f"/v1/faces/{first}").json()
    assert answer == {
        "FaceId": first,
        "deleted": True,
        "before": {"faces": 1, "vectors": 1},
        "after": {"faces": 0, "vectors": 0},
    }
    assert client.get("/v1/images/a.png").status == 200
    assert [face["FaceId"] for face in client.get("/v1/faces").json()["faces"]] == [second]


def test_similar_faces_leave_out_the_face_itself(client: Client) -> None:
    (ana,) = index(client, "a.png", ANA)
    (again,) = index(client, "b.png", ANA_AGAIN)
    index(client, "c.png", BEN)
    answer = client.get(f"/v1/faces/{ana}/similar").json()
    assert answer["SearchedFaceId"] == ana
    assert [match["Face"]["FaceId"] for match in answer["FaceMatches"]] == [again]
    everybody = client.get(f"/v1/faces/{ana}/similar?min_similarity=0&limit=1").json()
    assert len(everybody["FaceMatches"]) == 1


@pytest.mark.parametrize(
    ("method", "suffix"), [("GET", ""), ("DELETE", ""), ("GET", "/similar?min_similarity=80")]
)
def test_a_face_that_is_not_there_is_404(client: Client, method: str, suffix: str) -> None:
    index(client, "a.png", ANA)
    for face_id in ("none", "%00", "a%2Fb" if not suffix else "x"):
        answer = client.call(method, f"/v1/faces/{face_id}{suffix}")
        assert answer.status == 404
        assert answer.code in {"face_not_found", "route_not_found"}


def test_a_query_reaches_the_records(client: Client) -> None:
    answer = client.post("/v1/faces/query", {"query": "SELECT FaceId FROM faces", "limit": 5})
    if answer.status == 501:
        assert answer.code in {"query_unsupported", "unsupported"}
    else:
        assert answer.json() == {"columns": ["FaceId"], "rows": [], "truncated": False}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": 7}, "query"),
        ({"query": "SELECT 1", "limit": 0}, "limit"),
        ({"query": "SELECT 1", "limit": "5"}, "limit"),
        ({"query": "SELECT 1", "limit": 10**400}, "limit"),
        ({"query": "SELECT 1", "Limit": 5}, "Limit"),
    ],
)
def test_a_bad_query_body_names_the_member(
    client: Client, body: dict[str, object], named: str
) -> None:
    answer = client.post("/v1/faces/query", body)
    assert (answer.status, answer.code) == (400, "invalid_parameter")
    assert answer.json()["details"]["parameter"] == named
    assert answer.json()["details"]["rule"]
