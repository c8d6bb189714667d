"""People, lists, deletions, queries and errors in both modes; tolerances in the file beside."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from asgi_client import Client
from build import ANA, ANA_AGAIN, BEN, CAM, draw


def index(client: Client, key: str, data: bytes, query: str = "") -> dict[str, Any]:
    answer = client.put(f"/v1/index/{key}{query}", data)
    assert answer.status in {200, 201}, answer.body
    found: dict[str, Any] = answer.json()
    return found


def face_of(client: Client, key: str, place: int = 0) -> str:
    found: str = client.get(f"/v1/images/{key}/faces").json()["faces"][place]["FaceId"]
    return found


def assign(client: Client, person: str, *faces: str) -> Any:
    body = json.dumps({"face_ids": list(faces)}).encode()
    answer = client.call(
        "PUT", f"/v1/people/{person}/faces", body, headers={"content-type": "application/json"}
    )
    return answer.json() if answer.status == 200 else answer.code


def who(client: Client, data: bytes) -> Any:
    body = client.put("/v1/search", data).json()
    return body["name"], [person["name"] for person in body["people"]], body["status"]


def test_a_person_is_found_by_name(both: Any) -> None:
    def scenario(client: Client) -> Any:
        first = index(client, "a.png", draw(ANA), "?person=Ana")
        second = index(client, "b.png", draw(ANA_AGAIN), "?person=Ana")
        index(client, "c.png", draw(BEN))
        people = client.get("/v1/people").json()["people"]
        return (
            first["person_id"] == second["person_id"],
            [(one["name"], one["face_count"]) for one in people if "face_count" in one],
            who(client, draw(ANA)),
            who(client, draw(BEN)),
            who(client, draw(CAM)),
        )

    answer = both.same(scenario)
    assert answer[2] == ("Ana", ["Ana"], "matched")
    assert answer[4] == (None, [], "unknown")


def test_faces_are_given_refused_and_taken(both: Any) -> None:
    def scenario(client: Client) -> Any:
        for key, colour in (("a.png", ANA), ("b.png", ANA_AGAIN), ("c.png", BEN)):
            index(client, key, draw(colour))
        ana, again, ben = (face_of(client, key) for key in ("a.png", "b.png", "c.png"))
        names = {ana: "ana", again: "again", ben: "ben"}
        for name in ("ana", "ben"):
            client.post("/v1/people", {"name": name, "person_id": name})
        missing = "00000000-0000-4000-8000-000000000000"

        def told(answer: Any) -> Any:
            if isinstance(answer, str):
                return answer
            text = json.dumps([answer["associated"], answer["failed"]], sort_keys=True)
            for face_id, name in names.items():
                text = text.replace(face_id, name)
            return text

        return [
            told(assign(client, "ana", ana)),
            told(assign(client, "ana", again, missing)),
            told(assign(client, "ben", ana)),
            told(assign(client, "nobody", ana)),
            client.delete(f"/v1/people/ana/faces/{again}").status,
            who(client, draw(ANA)),
            len(client.get("/v1/faces?person_id=ana").json()["faces"]),
        ]

    both.same(scenario)


def test_an_erased_person_is_gone_with_the_pictures(both: Any) -> None:
    def scenario(client: Client) -> Any:
        index(client, "a.png", draw(ANA), "?person=Ana")
        index(client, "b.png", draw(ANA_AGAIN, BEN))
        person = client.get("/v1/people").json()["people"][0]["person_id"]
        assign(client, person, face_of(client, "b.png"))
        answer = client.delete(f"/v1/people/{person}")
        return (
            answer.json()["before"],
            answer.json()["after"],
            [image["key"] for image in client.get("/v1/images").json()["images"]],
            client.get("/v1/images/b.png").code,
            who(client, draw(ANA)),
            who(client, draw(BEN))[2],
            client.get(f"/v1/people/{person}").code,
            [
                (entry["action"], entry["counts"])
                for entry in client.get("/v1/audit").json()["entries"]
            ],
        )

    answer = both.same(scenario)
    assert set(answer[1].values()) == {0}
    assert answer[4][2] == "unknown"


def test_deleting_pictures_and_faces(both: Any) -> None:
    def scenario(client: Client) -> Any:
        index(client, "a.png", draw(ANA, BEN))
        index(client, "b.png", draw(CAM))
        face = client.delete(f"/v1/faces/{face_of(client, 'a.png')}").json()
        picture = client.delete("/v1/images/a.png").json()
        return (
            (face["before"], face["after"]),
            (picture["before"], picture["after"]),
            client.delete("/v1/images/a.png").code,
            client.get("/v1/faces/00000000-0000-4000-8000-000000000000").code,
            who(client, draw(ANA))[2],
            who(client, draw(CAM))[0],
        )

    assert both.same(scenario)[2:] == (
        "image_not_found",
        "face_not_found",
        "unknown",
        "b.png",
    )


KEYS = ["a b.jpg", "Zoë/東京 😀.png", "100%25+1&2=3.png", "~tilde'(x)!*.png", ".hidden", "-dash"]


def test_pictures_are_listed_and_downloaded_by_any_key(both: Any) -> None:
    def scenario(client: Client) -> Any:
        sent = {key: draw(ANA if place % 2 else BEN) for place, key in enumerate(KEYS)}
        for key, data in sent.items():
            index(client, quote(key), data)
        first = client.get("/v1/images?limit=4").json()
        rest = client.get(f"/v1/images?limit=4&next_token={first['next_token']}").json()
        listed = [image["key"] for image in first["images"] + rest["images"]]
        same = [client.get(f"/v1/images/{quote(key)}").body == sent[key] for key in listed]
        external = sorted(
            face["ExternalImageId"] for face in client.get("/v1/faces").json()["faces"]
        )
        return listed, same, rest["next_token"], external

    listed, same, token, _ = both.same(scenario)
    assert (listed, token) == (sorted(KEYS), None)
    assert all(same)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT image_key, UserId FROM faces WHERE image_key = 'b.png'",
        "SELECT image_key FROM faces WHERE UserId IS NULL AND Confidence > 50 ORDER BY FaceId",
        "SELECT image_key, metadata FROM faces WHERE UserId IS NOT NULL",
        "SELECT ExternalImageId FROM faces WHERE image_key IN ('a.png', 'c.png')",
        "SELECT image_key FROM faces WHERE Confidence BETWEEN 0 AND 100",
        "DELETE FROM faces",
        "SELECT secret FROM faces",
        "SELECT FaceId FROM images",
        "SELECT FaceId FROM faces; SELECT 1",
    ],
)
def test_queries_that_both_understand(both: Any, statement: str) -> None:
    def scenario(client: Client) -> Any:
        index(client, "a.png", draw(ANA), "?person=Ana")
        index(client, "b.png", draw(BEN))
        index(client, "c.png", draw(CAM))
        answer = client.post("/v1/faces/query", {"statement": statement})
        if answer.status != 200:
            return answer.status, answer.code
        body = answer.json()
        return body["columns"], sorted(json.dumps(row) for row in body["rows"]), body["truncated"]

    both.same(scenario)


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/v1/images/none.png", b""),
        ("GET", "/v1/faces?next_token=x", b""),
        ("GET", "/v1/people/nobody", b""),
        ("GET", "/v1/uploads/none", b""),
        ("PUT", "/v1/search?min_similarity=101", draw(ANA)),
        ("PUT", "/v1/search?collection_id=nowhere", draw(ANA)),
        ("PUT", "/v1/search?limit=0", draw(ANA)),
        ("PUT", "/v1/index/" + "x" * 400, draw(ANA)),
        ("PUT", "/v1/index/a.png?collection_id=%23", draw(ANA)),
        ("POST", "/v1/people", b'{"name": ""}'),
        ("DELETE", "/v1/people/nobody", b""),
        ("GET", "/v1/images/" + "y" * 3000, b""),
        ("GET", "/v1/faces/%23collection", b""),
        ("GET", "/v1/faces?collection_id=%23collection", b""),
        ("GET", "/v1/images?collection_id=nowhere", b""),
    ],
)
def test_the_same_mistakes_have_the_same_codes(
    both: Any, method: str, target: str, body: bytes
) -> None:
    headers = {"content-type": "application/json"} if body[:1] == b"{" else {}

    def scenario(client: Client) -> Any:
        answer = client.call(method, target, body, headers=headers)
        return answer.status, answer.code if answer.status >= 400 else answer.json()

    both.same(scenario)
