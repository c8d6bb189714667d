"""The REST routes and Rekognition's protocol are two views of the same faces and people."""

from __future__ import annotations

import json
import threading
import urllib.request
from typing import Any

import pytest

from aws_serving import AwsServing
from build import ANA, draw
from real_server import API_KEY, RealServer
from rekognition_calls import Invoke


def rest(server: RealServer, method: str, path: str, body: bytes | None = None) -> Any:
    headers = {"x-api-key": API_KEY, "content-type": "application/octet-stream"}
    if body is not None and body.startswith(b"{"):
        headers["content-type"] = "application/json"
    request = urllib.request.Request(server.url + path, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.models
def test_what_one_writes_the_other_reads(
    real: RealServer, astronaut: bytes, group_of_six: bytes
) -> None:
    rekognition = real.client()
    rekognition.create_collection(CollectionId="both")
    stored = rest(real, "PUT", "/v1/index/portraits/a%20b.png?collection_id=both", astronaut)
    rekognition.index_faces(
        CollectionId="both", Image={"Bytes": group_of_six}, ExternalImageId="six"
    )
    face = stored["FaceRecords"][0]["Face"]
    listed = rekognition.list_faces(CollectionId="both")["Faces"]
    assert len(listed) == 7
    assert face["FaceId"] in [one["FaceId"] for one in listed]
    found = rest(real, "POST", "/v1/search?collection_id=both&all_faces=true", group_of_six)
    assert [face["status"] for face in found["allFaces"]] == ["matched"] * 6
    place = {"Bucket": "faceplate", "Name": "both/portraits/a b.png"}
    matches = rekognition.search_faces_by_image(CollectionId="both", Image={"S3Object": place})
    assert matches["FaceMatches"][0]["Face"]["FaceId"] == face["FaceId"]

    rekognition.create_user(CollectionId="both", UserId="collins")
    given = rekognition.associate_faces(
        CollectionId="both", UserId="collins", FaceIds=[face["FaceId"]]
    )
    assert given["UserStatus"] == "ACTIVE"
    person = rest(real, "GET", "/v1/people/collins?collection_id=both")
    assert (person["person_id"], person["status"], person["face_count"]) == ("collins", "ACTIVE", 1)
    assert rekognition.describe_collection(CollectionId="both")["UserCount"] == 1
    rest(real, "DELETE", "/v1/people/collins?collection_id=both")
    assert rekognition.list_users(CollectionId="both")["Users"] == []
    assert len(rekognition.list_faces(CollectionId="both")["Faces"]) == 6


def test_one_token_sent_by_many_at_once_is_one_user(fresh: AwsServing, invoke: Invoke) -> None:
    invoke("CreateCollection", CollectionId="c")
    pair = fresh.new_key(rate_rps=1e6, burst=1_000_000)
    failures: list[Exception] = []

    def create() -> None:
        try:
            fresh.client(pair).create_user(CollectionId="c", UserId="u", ClientRequestToken="once")
        except Exception as exc:  # noqa: BLE001 - a thread's failure is the test's
            failures.append(exc)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(invoke("ListUsers", CollectionId="c")["Users"]) == 1


def test_many_who_index_the_same_picture_make_one_face(fresh: AwsServing, invoke: Invoke) -> None:
    invoke("CreateCollection", CollectionId="c")
    pair = fresh.new_key(rate_rps=1e6, burst=1_000_000)
    answers: list[list[str]] = []

    def index() -> None:
        answer = fresh.client(pair).index_faces(
            CollectionId="c", Image={"Bytes": draw(ANA)}, ExternalImageId="x"
        )
        answers.append([record["Face"]["FaceId"] for record in answer["FaceRecords"]])

    threads = [threading.Thread(target=index) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len({tuple(ids) for ids in answers}) == 1
    assert invoke("DescribeCollection", CollectionId="c")["FaceCount"] == 1
