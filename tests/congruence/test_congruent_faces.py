"""The same scenarios in both modes: the same faces, the same best match, the same errors.

Tolerances, for recognition is done by different models: similarities are never compared, only who
is found and in which order; boxes agree when their overlap is 0.5 or more; FaceIds and ImageIds are
each side's own and compared within a side alone.
"""

from __future__ import annotations

from typing import Any

import pytest

from asgi_client import Client
from build import ANA, ANA_AGAIN, BEN, CAM, DIM, draw
from faceplate.domain.faces import BoundingBox

MIN_OVERLAP = 0.5


def index(client: Client, key: str, data: bytes, query: str = "", **headers: str) -> dict[str, Any]:
    answer = client.put(f"/v1/index/{key}{query}", data, headers=headers)
    assert answer.status in {200, 201}, answer.body
    found: dict[str, Any] = answer.json()
    return found


def boxes(records: list[dict[str, Any]]) -> list[BoundingBox]:
    found = [record["BoundingBox"] for record in records]
    return [BoundingBox(one["Left"], one["Top"], one["Width"], one["Height"]) for one in found]


def who(client: Client, data: bytes, query: str = "") -> Any:
    """Say what a search answers, without scores and ids."""
    answer = client.put(f"/v1/search{query}", data)
    if answer.status != 200:
        return answer.status, answer.code
    body = answer.json()
    return {
        "names": body["matchedFaces"],
        "name": body["name"],
        "status": body["status"],
        "people": [person["name"] for person in body["people"]],
        "keys": [match["Face"]["ExternalImageId"] for match in body["faces"]["FaceMatches"]],
        "all": [(face["status"], face["name"]) for face in body.get("allFaces", ())],
        "bar": body["min_similarity"],
    }


def test_a_picture_is_indexed_and_described_the_same(both: Any) -> None:
    def scenario(client: Client) -> Any:
        body = index(client, "two.png", draw(ANA, BEN), **{"x-amz-meta-album": "summer"})
        image = client.get("/v1/images/two.png?info=true").json()
        kept = ("key", "sha256", "size_bytes", "content_type", "width_px", "height_px", "warnings")
        return (
            len(body["FaceRecords"]),
            [record["Face"]["ExternalImageId"] for record in body["FaceRecords"]],
            {name: image[name] for name in kept if name in image},
            image["metadata"],
        )

    both.same(scenario)
    here, there = (
        boxes([record["Face"] for record in index(one, "x.png", draw(ANA, BEN))["FaceRecords"]])
        for one in (both.local, both.aws)
    )
    overlaps = [one.overlap(other) for one, other in zip(here, there, strict=True)]
    assert min(overlaps) >= MIN_OVERLAP


def test_who_is_found_and_in_which_order(both: Any) -> None:
    def scenario(client: Client) -> Any:
        index(client, "ana.png", draw(ANA))
        index(client, "ana2.png", draw(ANA_AGAIN))
        index(client, "ben.png", draw(BEN))
        return who(client, draw(ANA)), who(client, draw(BEN)), who(client, draw(CAM))

    ana, ben, nobody = both.same(scenario)
    assert ana["keys"] == ["ana.png", "ana2.png"]
    assert ben["name"] == "ben.png"
    assert (nobody["status"], nobody["names"]) == ("unknown", [])


def test_every_face_of_a_picture_is_answered(both: Any) -> None:
    def scenario(client: Client) -> Any:
        index(client, "ana.png", draw(ANA))
        index(client, "ben.png", draw(BEN))
        return who(client, draw(CAM, BEN, ANA), "?all_faces=true")

    answer = both.same(scenario)
    assert answer["all"] == [("unknown", None), ("matched", "ben.png"), ("matched", "ana.png")]


def test_a_picture_without_a_face(both: Any) -> None:
    def scenario(client: Client) -> Any:
        body = index(client, "empty.png", draw())
        return (
            body["FaceRecords"],
            client.get("/v1/images/empty.png?info=true").json()["warnings"],
            who(client, draw()),
            who(client, draw(), "?all_faces=true"),
            client.post("/v1/detect", draw()).json()["FaceDetails"],
        )

    answer = both.same(scenario)
    assert answer[2] == (422, "no_face_found")


def test_a_face_that_is_too_dark_is_left_out_by_both(both: Any) -> None:
    def scenario(client: Client) -> Any:
        body = index(client, "dim.png", draw(DIM))
        return (
            len(body["FaceRecords"]),
            [face["Reasons"] for face in body["UnindexedFaces"]],
            who(client, draw(DIM), "?quality_filter=HIGH")["status"],
        )

    assert both.same(scenario)[2] == "not_searched"


def test_the_largest_faces_are_kept(both: Any) -> None:
    def scenario(client: Client) -> Any:
        body = index(client, "three.png", draw(ANA, BEN, CAM), "?max_faces=2")
        reasons = [face["Reasons"] for face in body["UnindexedFaces"]]
        return len(body["FaceRecords"]), reasons, who(client, draw(CAM))["status"]

    both.same(scenario)


def test_a_picture_takes_the_place_of_another(both: Any) -> None:
    def scenario(client: Client) -> Any:
        index(client, "a.png", draw(ANA, BEN))
        index(client, "a.png", draw(CAM))
        return (
            [who(client, draw(one))["status"] for one in (ANA, BEN, CAM)],
            len(client.get("/v1/images/a.png/faces").json()["faces"]),
            len(client.get("/v1/faces").json()["faces"]),
        )

    assert both.same(scenario) == (["unknown", "unknown", "matched"], 1, 1)


def test_the_same_picture_again_changes_nothing(both: Any) -> None:
    def scenario(client: Client) -> Any:
        first = index(client, "a.png", draw(ANA))["FaceRecords"][0]["Face"]["FaceId"]
        answer = client.put("/v1/index/a.png", draw(ANA))
        again = answer.json()["FaceRecords"][0]["Face"]["FaceId"]
        return answer.status, first == again, len(client.get("/v1/faces").json()["faces"])

    assert both.same(scenario) == (200, True, 1)


def test_comparing_two_pictures(both: Any) -> None:
    def scenario(client: Client) -> Any:
        def compare(source: bytes, target: bytes) -> Any:
            form = (
                b"--b\r\ncontent-disposition: form-data; name=source; filename=a\r\n\r\n"
                + source
                + b"\r\n--b\r\ncontent-disposition: form-data; name=target; filename=b\r\n\r\n"
                + target
                + b"\r\n--b--\r\n"
            )
            headers = {"content-type": "multipart/form-data; boundary=b"}
            answer = client.post("/v1/compare", form, headers=headers)
            if answer.status != 200:
                return answer.code, answer.json()["details"]
            body = answer.json()
            return len(body["FaceMatches"]), len(body["UnmatchedFaces"])

        return (
            compare(draw(ANA), draw(BEN, ANA_AGAIN)),
            compare(draw(CAM), draw(BEN, ANA)),
            compare(draw(), draw(ANA)),
            compare(draw(ANA), draw()),
        )

    assert both.same(scenario)[:2] == ((1, 1), (0, 2))


def test_similar_faces(both: Any) -> None:
    def scenario(client: Client) -> Any:
        one = index(client, "a.png", draw(ANA))["FaceRecords"][0]["Face"]["FaceId"]
        index(client, "b.png", draw(ANA_AGAIN))
        index(client, "c.png", draw(BEN))
        matches = client.get(f"/v1/faces/{one}/similar").json()["FaceMatches"]
        missing = client.get("/v1/faces/00000000-0000-4000-8000-000000000000/similar")
        return [match["Face"]["ExternalImageId"] for match in matches], missing.code

    assert both.same(scenario) == (["b.png"], "face_not_found")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x00\x01nothing", "image_format_unsupported"),
        (draw(ANA)[:300], "image_truncated"),
        (b"", "image_empty"),
    ],
)
def test_the_same_pictures_are_refused(both: Any, data: bytes, code: str) -> None:
    def scenario(client: Client) -> Any:
        return [
            client.put("/v1/index/a.png", data).code,
            client.put("/v1/search", data).code,
            client.post("/v1/detect", data).code,
            client.get("/v1/images").json()["images"],
        ]

    assert both.same(scenario) == [code, code, code, []]
