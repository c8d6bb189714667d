"""Index, search, detect and compare over HTTP."""

import base64

import pytest

from asgi_client import Client
from build import ANA, ANA_AGAIN, BEN, CAM, DIM, MemoryParts, build_memory_application, draw
from faceplate.http.app import create_app


def test_an_indexed_picture_answers_in_rekognitions_shape(client: Client) -> None:
    answer = client.put("/v1/index/friends/ana%20k.png", draw(ANA))
    assert answer.status == 201
    body = answer.json()
    assert body["change"] == "new"
    assert body["key"] == "friends/ana k.png"
    assert body["ExternalImageId"] == "friends:2Fana:20k.png"
    (record,) = body["FaceRecords"]
    assert record["Face"]["ExternalImageId"] == "friends:2Fana:20k.png"
    assert record["Face"]["BoundingBox"] == record["FaceDetail"]["BoundingBox"]
    assert len(record["FaceDetail"]["Landmarks"]) == 5
    assert "OrientationCorrection" not in body
    assert "person_id" not in body


def test_the_same_bytes_again_give_the_same_faces_and_200(client: Client) -> None:
    first = client.put("/v1/index/a.png", draw(ANA))
    again = client.post("/v1/index/a.png", draw(ANA))
    assert (first.status, again.status) == (201, 200)
    assert again.json()["change"] == "same"
    assert again.json()["FaceRecords"] == first.json()["FaceRecords"]


def test_other_bytes_replace_the_picture(client: Client) -> None:
    client.put("/v1/index/a.png", draw(ANA))
    answer = client.put("/v1/index/a.png", draw(BEN))
    assert (answer.status, answer.json()["change"]) == (200, "replaced")
    assert client.post("/v1/search", draw(ANA)).json()["status"] == "unknown"


def test_what_was_left_out_says_why(client: Client) -> None:
    answer = client.put("/v1/index/two.png?max_faces=1", draw(ANA, BEN)).json()
    assert [face["Reasons"] for face in answer["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]]
    dark = client.put("/v1/index/dark.png?quality_filter=HIGH", draw(DIM)).json()
    assert dark["FaceRecords"] == []
    assert "LOW_BRIGHTNESS" in dark["UnindexedFaces"][0]["Reasons"]
    assert dark["warnings"] == ["faces_left_out"]


def test_a_new_person_is_made_and_gets_the_only_face(client: Client) -> None:
    answer = client.put("/v1/index/ana.png?person=Ana%20Example", draw(ANA)).json()
    person = client.get(f"/v1/people/{answer['person_id']}").json()
    assert (person["name"], person["face_count"]) == ("Ana Example", 1)
    assert "person_not_assigned" not in answer["warnings"]
    more = client.put("/v1/index/ana2.png?person=Ana%20Example", draw(ANA_AGAIN)).json()
    by_id = client.put(f"/v1/index/ana3.png?person={answer['person_id']}", draw(ANA, form="JPEG"))
    assert more["person_id"] == by_id.json()["person_id"] == answer["person_id"]
    assert client.get("/v1/people").json()["people"][0]["face_count"] == 3


def test_several_faces_are_not_given_to_a_person(client: Client) -> None:
    answer = client.put("/v1/index/two.png?person=Ana", draw(ANA, BEN)).json()
    assert "person_not_assigned" in answer["warnings"]
    assert client.get(f"/v1/people/{answer['person_id']}").json()["face_count"] == 0


def test_a_refused_picture_makes_nobody(client: Client) -> None:
    assert client.put("/v1/index/x?person=Ana", b"no picture").code == "image_encoding_invalid"
    assert client.get("/v1/people").json()["people"] == []


@pytest.mark.parametrize("person", ["%20", "a%00b", "x" * 201])
def test_a_person_needs_a_name_of_printable_characters(client: Client, person: str) -> None:
    answer = client.put(f"/v1/index/x?person={person}", draw(ANA))
    assert (answer.status, answer.code) == (400, "invalid_parameter")
    assert answer.json()["details"]["parameter"] == "person"


def test_a_search_names_the_person_before_the_picture(client: Client) -> None:
    client.put("/v1/index/ana.png?person=Ana", draw(ANA))
    client.put("/v1/index/plain.png", draw(ANA_AGAIN))
    for method in ("PUT", "POST"):
        answer = client.call(method, "/v1/search", draw(ANA, form="JPEG")).json()
        assert answer["matchedFaces"] == ["Ana", "plain.png"]
        assert (answer["status"], answer["name"]) == ("matched", "Ana")
        assert answer["people"][0]["name"] == "Ana"
        assert answer["min_similarity"] == 90.0
        assert "allFaces" not in answer
        similarities = [match["Similarity"] for match in answer["faces"]["FaceMatches"]]
        assert similarities == sorted(similarities, reverse=True)
        assert len(similarities) == 2


def test_every_face_is_answered_and_the_stranger_says_unknown(client: Client) -> None:
    client.put("/v1/index/ana.png?person=Ana", draw(ANA))
    client.put("/v1/index/ben.png", draw(BEN))
    answer = client.post("/v1/search?all_faces=true", draw(CAM, BEN, ANA)).json()
    assert [(face["status"], face["name"]) for face in answer["allFaces"]] == [
        ("unknown", None),
        ("matched", "ben.png"),
        ("matched", "Ana"),
    ]
    assert answer["matchedFaces"] == ["ben.png", "Ana"]
    assert (answer["status"], answer["name"]) == ("unknown", None)
    assert answer["allFaces"][0]["Similarity"] is None
    assert answer["allFaces"][2]["Similarity"] > 99


def test_a_face_below_the_filter_is_not_searched(client: Client) -> None:
    client.put("/v1/index/dark.png?quality_filter=NONE", draw(DIM))
    answer = client.post("/v1/search?quality_filter=HIGH&all_faces=true", draw(DIM)).json()
    assert answer["status"] == "not_searched"
    assert "LOW_BRIGHTNESS" in answer["allFaces"][0]["Reasons"]
    assert client.post("/v1/search", draw(DIM)).json()["status"] == "matched"


@pytest.mark.parametrize(
    ("asked", "applied"), [("99.5", 99.5), ("0", 0.0), ("badge", 95.0), ("high-risk", 99.0)]
)
def test_min_similarity_takes_numbers_and_presets(
    client: Client, asked: str, applied: float
) -> None:
    answer = client.post(f"/v1/search?min_similarity={asked}", draw(ANA)).json()
    assert answer["min_similarity"] == applied


@pytest.mark.parametrize("asked", ["101", "-1", "nan", "inf", "1e999", "bagde", "", "9" * 400])
def test_min_similarity_refuses_the_rest(client: Client, asked: str) -> None:
    for target in ("/v1/search", "/v1/compare"):
        answer = client.post(f"{target}?min_similarity={asked}", draw(ANA))
        assert (answer.status, answer.code) == (400, "invalid_parameter")
        assert answer.json()["details"]["parameter"] == "min_similarity"


def test_limit_and_its_other_name(client: Client) -> None:
    for number in range(3):
        client.put(f"/v1/index/{number}.png", draw((200 + number, 40, 40)))
    for name in ("limit", "max_faces"):
        answer = client.post(f"/v1/search?{name}=2", draw(ANA)).json()
        assert len(answer["faces"]["FaceMatches"]) == 2
    both = client.post("/v1/search?limit=2&max_faces=3", draw(ANA))
    assert both.code == "invalid_parameter"


def test_no_face_is_an_error_for_search_and_compare_and_none_for_detect(client: Client) -> None:
    blank = draw()
    assert (client.post("/v1/search", blank).status, client.post("/v1/search", blank).code) == (
        422,
        "no_face_found",
    )
    assert client.post("/v1/detect", blank).json()["FaceDetails"] == []
    assert client.put("/v1/index/blank", blank).json()["warnings"] == ["no_face"]


def test_detect_describes_faces_and_keeps_nothing(client: Client) -> None:
    answer = client.post("/v1/detect?attributes=ALL", draw(ANA, BEN)).json()
    assert answer["image"] == {"width_px": 400, "height_px": 200, "format": "PNG"}
    widths = [face["BoundingBox"]["Width"] for face in answer["FaceDetails"]]
    assert widths == sorted(widths, reverse=True)
    assert "AgeRange" not in answer["FaceDetails"][0]
    assert client.get("/v1/images").json()["images"] == []


def test_attributes_come_when_installed(options) -> None:
    parts = build_memory_application(attributes=("AGE_RANGE", "GENDER"))
    client = Client(create_app(parts.application, options), _key(parts))
    both = client.post("/v1/detect?attributes=AGE_RANGE,GENDER", draw(ANA)).json()
    assert both["FaceDetails"][0]["AgeRange"] == {"Low": 20, "High": 30}
    assert both["FaceDetails"][0]["Gender"]["Value"] == "Female"
    one = client.post("/v1/detect?attributes=DEFAULT,GENDER", draw(ANA)).json()
    assert "AgeRange" not in one["FaceDetails"][0]
    kept = client.put("/v1/index/a?attributes=ALL", draw(ANA)).json()
    assert kept["FaceRecords"][0]["FaceDetail"]["Gender"]["Value"] == "Female"


def test_an_attribute_that_is_not_installed_is_a_clear_error(client: Client) -> None:
    answer = client.post("/v1/detect?attributes=GENDER", draw(ANA))
    assert (answer.status, answer.code) == (501, "attribute_unsupported")
    unknown = client.post("/v1/detect?attributes=BEARD", draw(ANA))
    assert (unknown.status, unknown.code) == (400, "invalid_parameter")


def test_compare_finds_the_source_among_the_targets(client: Client) -> None:
    body = {"source": _base64(draw(ANA)), "target": _base64(draw(BEN, ANA_AGAIN))}
    answer = client.post("/v1/compare?min_similarity=80", body).json()
    assert len(answer["FaceMatches"]) == len(answer["UnmatchedFaces"]) == 1
    assert answer["FaceMatches"][0]["Similarity"] > 99
    assert "AgeRange" not in answer["FaceMatches"][0]["Face"]
    assert answer["min_similarity"] == 80


def test_compare_says_which_picture_has_no_face(client: Client) -> None:
    body = {"source": _base64(draw(ANA)), "target": _base64(draw())}
    answer = client.post("/v1/compare", body)
    assert (answer.status, answer.code) == (422, "no_face_found")
    assert answer.json()["details"]["image"] == "target"


def test_another_collection_is_another_world(client: Client) -> None:
    client.put("/v1/index/a.png?collection_id=other", draw(ANA))
    assert client.post("/v1/search", draw(ANA)).json()["status"] == "unknown"
    assert client.post("/v1/search?collection_id=other", draw(ANA)).json()["status"] == "matched"
    missing = client.post("/v1/search?collection_id=nowhere", draw(ANA))
    assert (missing.status, missing.code) == (404, "collection_not_found")
    bad = client.post("/v1/search?collection_id=a%20b", draw(ANA))
    assert bad.json()["details"]["parameter"] == "collection_id"


def _key(parts: MemoryParts) -> str:
    return parts.application.keys.create("tests")[1]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
