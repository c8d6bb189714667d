"""People over HTTP: make, change, faces, merge, erase, expiry, audit."""

import json
from typing import Any

import pytest

from asgi_client import Client
from build import ANA, ANA_AGAIN, BEN, MemoryParts, draw


def enrol(client: Client, key: str, name: str, *colours: tuple[int, int, int]) -> str:
    answer = client.put(f"/v1/index/{key}?person={name}", draw(*colours))
    person_id: str = answer.json()["person_id"]
    return person_id


def face_ids(client: Client, query: str = "") -> list[str]:
    return [face["FaceId"] for face in client.get(f"/v1/faces{query}").json()["faces"]]


def give(client: Client, person: str, body: dict[str, Any]) -> Any:
    return client.put(
        f"/v1/people/{person}/faces",
        json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )


def test_a_person_is_made_and_looked_at(client: Client) -> None:
    consent = {"purpose": "door", "given_on": "2030-01-01", "expires_on": "2031-01-01"}
    body = {"name": "Ana", "person_id": "ana:1", "metadata": {"k": "v"}, "consent": consent}
    answer = client.post("/v1/people", body)
    assert answer.status == 201
    assert answer.json()["status"] == "CREATED"
    assert answer.json()["consent"] == consent
    assert client.get("/v1/people/ana:1").json() == answer.json()
    assert client.post("/v1/people", body).code == "person_exists"


def test_consent_given_without_a_day_is_of_today(client: Client) -> None:
    body = {"name": "Ana", "consent": {"purpose": "door"}}
    consent = client.post("/v1/people", body).json()["consent"]
    assert len(consent["given_on"]) == 10
    assert consent["expires_on"] is None


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": ["Ana"]}, "name"),
        ({"name": "A", "person_id": "a b"}, "person_id"),
        ({"name": "A", "person_id": "x" * 129}, "person_id"),
        ({"name": "A", "metadata": {"k": 1}}, "metadata.k"),
        ({"name": "A", "nmae": "B"}, "nmae"),
        ({"name": "A", "consent": {}}, "consent.purpose"),
        ({"name": "A", "consent": {"purpose": "p", "given_on": "1.1.2030"}}, "consent.given_on"),
        ({"name": "A", "consent": {"purpose": "p", "given_on": 7}}, "consent.given_on"),
        (
            {
                "name": "A",
                "consent": {
                    "purpose": "p",
                    "given_on": "2030-01-02",
                    "expires_on": "2030-01-01",
                },
            },
            "consent.expires_on",
        ),
    ],
)
def test_a_bad_person_names_the_member(client: Client, body: dict[str, Any], named: str) -> None:
    answer = client.post("/v1/people", body)
    assert (answer.status, answer.code) == (400, "invalid_parameter")
    assert answer.json()["details"]["parameter"] == named


def test_a_name_with_a_lone_surrogate_is_refused(client: Client) -> None:
    raw = b'{"name": "\\ud800"}'
    answer = client.post("/v1/people", raw, headers={"content-type": "application/json"})
    assert answer.status == 400


def test_only_what_is_given_changes(client: Client) -> None:
    consent = {"purpose": "door", "given_on": "2030-01-01"}
    person = client.post("/v1/people", {"name": "Ana", "consent": consent}).json()["person_id"]
    renamed = client.patch(f"/v1/people/{person}", {"name": "Ana M."}).json()
    assert (renamed["name"], renamed["consent"]["purpose"]) == ("Ana M.", "door")
    told = client.patch(f"/v1/people/{person}", {"metadata": {"a": "b"}}).json()
    assert (told["name"], told["metadata"]) == ("Ana M.", {"a": "b"})
    withdrawn = client.patch(f"/v1/people/{person}", {"consent": None}).json()
    assert (withdrawn["consent"], withdrawn["name"]) == (None, "Ana M.")
    assert client.patch("/v1/people/nobody", {"name": "x"}).code == "person_not_found"


def test_people_come_in_pages_with_their_faces_counted(client: Client) -> None:
    for name in ("Ana", "Ben", "Cam"):
        client.post("/v1/people", {"name": name, "person_id": name})
    enrol(client, "a.png", "Ana", ANA)
    first = client.get("/v1/people?limit=2").json()
    rest = client.get(f"/v1/people?limit=2&next_token={first['next_token']}").json()
    people = first["people"] + rest["people"]
    assert [(person["name"], person["face_count"]) for person in people] == [
        ("Ana", 1),
        ("Ben", 0),
        ("Cam", 0),
    ]
    assert people[0]["status"] == "ACTIVE"


def test_faces_are_given_taken_and_reassigned(client: Client) -> None:
    ana = enrol(client, "a.png", "Ana", ANA)
    ben = client.post("/v1/people", {"name": "Ben"}).json()["person_id"]
    (face,) = face_ids(client)
    refused = give(client, ben, {"face_ids": [face, "none"]}).json()
    assert refused["associated"] == []
    assert {row["FaceId"]: row["Reason"] for row in refused["failed"]} == {
        face: "ASSOCIATED_TO_A_DIFFERENT_USER",
        "none": "FACE_NOT_FOUND",
    }
    moved = give(client, ben, {"face_ids": [face], "reassign": True}).json()
    assert (moved["associated"], moved["person"]["face_count"]) == ([face], 1)
    assert client.get(f"/v1/people/{ana}").json()["face_count"] == 0
    assert client.get(f"/v1/people/{ben}/faces").json()["faces"][0]["FaceId"] == face
    taken = client.delete(f"/v1/people/{ben}/faces/{face}").json()
    assert (taken["disassociated"], taken["person"]["face_count"]) == ([face], 0)
    again = client.delete(f"/v1/people/{ben}/faces/{face}").json()
    assert again["failed"] == [{"FaceId": face, "Reason": "FACE_NOT_FOUND"}]


def test_a_face_unlike_the_others_is_refused_when_asked(client: Client) -> None:
    ana = enrol(client, "a.png", "Ana", ANA)
    client.put("/v1/index/b.png", draw(BEN))
    (stranger,) = face_ids(client, "?image_key=b.png")
    answer = give(client, ana, {"face_ids": [stranger], "min_similarity": 80}).json()
    assert answer["failed"] == [{"FaceId": stranger, "Reason": "LOW_MATCH_CONFIDENCE"}]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "face_ids"),
        ({"face_ids": []}, "face_ids"),
        ({"face_ids": ["x"] * 101}, "face_ids"),
        ({"face_ids": ["x"], "reassign": "yes"}, "reassign"),
        ({"face_ids": ["x"], "min_similarity": 101}, "min_similarity"),
        ({"face_ids": ["x", 7]}, "face_ids.1"),
    ],
)
def test_a_bad_assignment_names_the_member(
    client: Client, body: dict[str, Any], named: str
) -> None:
    client.post("/v1/people", {"name": "Ana", "person_id": "ana"})
    answer = give(client, "ana", body)
    assert (answer.status, answer.code) == (400, "invalid_parameter")
    assert answer.json()["details"]["parameter"] == named


def test_merging_leaves_one_person(client: Client) -> None:
    ana = enrol(client, "a.png", "Ana", ANA)
    other = enrol(client, "b.png", "Anna", ANA_AGAIN)
    merged = client.post(f"/v1/people/{ana}/merge", {"from": [other]}).json()
    assert (merged["person_id"], merged["face_count"]) == (ana, 2)
    assert client.get(f"/v1/people/{other}").code == "person_not_found"
    itself = client.post(f"/v1/people/{ana}/merge", {"from": [ana]})
    assert (itself.status, itself.json()["details"]["parameter"]) == (400, "from")
    assert client.post(f"/v1/people/{ana}/merge", {"others": ["x"]}).code == "invalid_parameter"


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_erasing_removes_everything_and_leaves_a_truthful_row(
    client: Client, parts: MemoryParts, method: str
) -> None:
    ana = enrol(client, "a.png", "Ana", ANA)
    target = f"/v1/people/{ana}" + ("/erase" if method == "POST" else "")
    answer = client.call(method, target).json()
    assert answer["erased"] is True
    assert answer["before"] == {"people": 1, "faces": 1, "vectors": 1, "bytes": 1}
    assert set(answer["after"].values()) == {0}
    assert client.post("/v1/search", draw(ANA)).json()["status"] == "unknown"
    assert client.get("/v1/images").json()["images"] == []
    assert list(parts.blobs.names()) == []
    begun, entry = client.get("/v1/audit").json()["entries"]
    assert begun == {**entry, "at": begun["at"], "action": "erase_person_begun"}
    assert entry["action"] == "erase_person"
    assert entry["counts"] == answer["before"]
    assert entry["actor"].startswith("key:")
    assert "Ana" not in json.dumps(entry)
    assert ana not in json.dumps(entry)
    assert client.call(method, target).code == "person_not_found"


def test_forgetting_keeps_the_faces(client: Client) -> None:
    ana = enrol(client, "a.png", "Ana", ANA)
    answer = client.delete(f"/v1/people/{ana}?keep_faces=true").json()
    assert answer["erased"] is False
    assert answer["before"] == {"people": 1, "faces": 1}
    assert answer["after"] == {"people": 0, "faces": 0}
    assert len(face_ids(client)) == 1
    assert client.get(f"/v1/people/{ana}").code == "person_not_found"
    assert client.post("/v1/search", draw(ANA)).json()["name"] == "a.png"


def test_expiry_erases_who_ran_out_and_only_counts_when_dry(client: Client) -> None:
    consent = {"purpose": "door", "given_on": "2029-01-01", "expires_on": "2029-12-31"}
    client.post("/v1/people", {"name": "Old", "consent": consent})
    client.post("/v1/people", {"name": "New"})
    dry = client.post("/v1/people/purge-expired", {"dry_run": True})
    assert dry.json() == {"expired": 1, "erased": 0}
    assert client.post("/v1/people/purge-expired").json() == {"expired": 1, "erased": 1}
    assert [row["name"] for row in client.get("/v1/people").json()["people"]] == ["New"]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/people/none"),
        ("GET", "/v1/people/none/faces"),
        ("DELETE", "/v1/people/none"),
        ("DELETE", "/v1/people/none?keep_faces=true"),
        ("POST", "/v1/people/none/erase"),
        ("DELETE", "/v1/people/none/faces/x"),
    ],
)
def test_a_person_who_is_not_there_is_404(client: Client, method: str, target: str) -> None:
    client.post("/v1/people", {"name": "Somebody"})
    answer = client.call(method, target)
    assert (answer.status, answer.code) == (404, "person_not_found")
