"""Stored pictures over HTTP: list, download, faces, annotated, delete."""

import hashlib
import json
from io import BytesIO
from urllib.parse import quote

import pytest
from PIL import Image

from asgi_client import Client
from build import ANA, BEN, MemoryParts, draw

HOSTILE_KEYS = [
    "a b.png",
    "../../etc/passwd",
    "..",
    "ünï/cødé 🙂.png",
    "faces",
    "/annotated",
    "x/faces/y",
    "line\r\nx-evil: 1\r\n\r\nbody",
    'quote".png; filename="evil.html',
    "nul\x00.png",
    "a%2Fb%00",
    "trailing\n",
    "semi;colon?and#hash",
]


def test_the_original_comes_back_byte_for_byte(client: Client) -> None:
    picture = draw(ANA, form="JPEG")
    client.put("/v1/index/a.jpg", picture, headers={"x-amz-meta-album": "summer"})
    answer = client.get("/v1/images/a.jpg")
    assert (answer.status, answer.body) == (200, picture)
    assert answer.header("content-type") == "image/jpeg"
    assert answer.header("x-amz-meta-album") == "summer"
    assert answer.header("etag") == f'"{hashlib.sha256(picture).hexdigest()}"'
    assert answer.header("content-security-policy") == "default-src 'none'; sandbox"
    assert str(answer.header("cache-control")).startswith("private")
    assert answer.header("content-disposition") == (
        "inline; filename=\"a.jpg\"; filename*=UTF-8''a.jpg"
    )


def test_a_copy_that_is_still_good_is_not_sent_again(client: Client) -> None:
    client.put("/v1/index/a.png", draw(ANA))
    etag = str(client.get("/v1/images/a.png").header("etag"))
    for tags in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = client.get("/v1/images/a.png", headers={"if-none-match": tags})
        assert (answer.status, answer.body) == (304, b"")
        assert answer.header("etag") == etag
    other = client.get("/v1/images/a.png", headers={"if-none-match": '"other"'})
    assert other.status == 200


def test_the_record_comes_with_info(client: Client) -> None:
    picture = draw(ANA)
    client.put("/v1/index/a.png", picture, headers={"x-amz-meta-n": "1"})
    record = client.get("/v1/images/a.png?info=true").json()
    assert record["size_bytes"] == len(picture)
    assert (record["width_px"], record["height_px"]) == (400, 200)
    assert record["metadata"] == {"n": "1"}
    assert record["has_bytes"] is True
    assert client.get("/v1/images").json()["images"] == [record]


@pytest.mark.parametrize("key", HOSTILE_KEYS)
def test_any_key_survives_the_way_there_and_back(client: Client, key: str) -> None:
    picture = draw(ANA)
    path = quote(key, safe="")
    answer = client.put(f"/v1/index/{path}", picture)
    assert (answer.status, answer.json()["key"]) == (201, key)
    assert [image["key"] for image in client.get("/v1/images").json()["images"]] == [key]
    found = client.get(f"/v1/images?key={path}").json()["images"]
    assert [image["key"] for image in found] == [key]
    download = client.get(f"/v1/images/{path}")
    assert download.body == picture
    disposition = str(download.header("content-disposition"))
    assert disposition.isprintable()
    assert disposition.count('"') == 2
    assert client.get(f"/v1/images/{path}/faces").json()["key"] == key
    assert client.delete(f"/v1/images/{path}").status == 200


@pytest.mark.parametrize("key", ["team/faces", "a/b/annotated", "line\n/faces"])
def test_a_key_that_is_a_route_of_another_picture_is_refused(client: Client, key: str) -> None:
    answer = client.put(f"/v1/index/{quote(key, safe='')}", draw(ANA))
    assert (answer.status, answer.code) == (400, "image_key_invalid")
    upload = client.call("POST", "/v1/uploads", json.dumps({"filename": key}).encode())
    assert (upload.status, upload.code) == (400, "image_key_invalid")
    assert client.get("/v1/images").json()["images"] == []


@pytest.mark.parametrize("target", ["/v1/index/", "/v1/images/"])
def test_a_key_that_is_too_long_or_not_utf8_is_refused(client: Client, target: str) -> None:
    if target == "/v1/index/":
        answer = client.put(target + "k" * 1024, draw(ANA))
        assert (answer.status, answer.code) == (400, "image_key_too_long")
        answer = client.put(target + "%C3%A9" * 60, draw(ANA))
        assert (answer.status, answer.code) == (400, "image_key_too_long")
    for raw in ("%FF", "%ED%A0%80", "a%C3"):
        answer = client.call("PUT" if "index" in target else "GET", target + raw, draw(ANA))
        assert (answer.status, answer.code) == (400, "path_invalid")
    assert client.get(target).code == "route_not_found"


def test_the_faces_of_a_picture_say_whose_they_are(client: Client) -> None:
    person = client.put("/v1/index/a.png?person=Ana", draw(ANA)).json()["person_id"]
    client.put("/v1/index/b.png", draw(BEN))
    (face,) = client.get("/v1/images/a.png/faces").json()["faces"]
    assert face["person"] == {"person_id": person, "name": "Ana"}
    assert face["UserId"] == person
    assert face["FaceDetail"]["BoundingBox"] == face["BoundingBox"]
    assert client.get("/v1/images/b.png/faces").json()["faces"][0]["person"] is None


def test_the_annotated_picture_is_a_jpeg_in_a_sandbox(client: Client) -> None:
    client.put("/v1/index/a.png", draw(ANA))
    answer = client.get("/v1/images/a.png/annotated")
    assert answer.header("content-type") == "image/jpeg"
    assert answer.header("content-security-policy") == "default-src 'none'; sandbox"
    assert Image.open(BytesIO(answer.body)).size == (400, 200)


def test_pages_follow_each_other(client: Client) -> None:
    for number in range(5):
        client.put(f"/v1/index/{number}", draw(ANA))
    found, token = [], ""
    for _ in range(3):
        page = client.get(f"/v1/images?limit=2{token}").json()
        found += [image["key"] for image in page["images"]]
        token = f"&next_token={page['next_token']}"
    assert found == ["0", "1", "2", "3", "4"]
    assert page["next_token"] is None


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "1.5", "", "9" * 5000])
def test_a_limit_out_of_range_is_refused(client: Client, limit: str) -> None:
    answer = client.get(f"/v1/images?limit={limit}")
    assert (answer.status, answer.code) == (400, "invalid_parameter")
    assert answer.json()["details"]["parameter"] == "limit"
    assert limit not in answer.json()["detail"] or len(limit) < 5


def test_a_token_of_somebody_else_is_refused(client: Client) -> None:
    answer = client.get("/v1/images?next_token=%21%21")
    assert (answer.status, answer.code) == (400, "invalid_pagination_token")


def test_deleting_proves_itself(client: Client, parts: MemoryParts) -> None:
    client.put("/v1/index/a.png", draw(ANA, BEN))
    body = client.delete("/v1/images/a.png").json()
    assert body["before"] == {"images": 1, "bytes": 1, "faces": 2, "vectors": 2}
    assert set(body["after"].values()) == {0}
    assert list(parts.blobs.names()) == []
    assert client.post("/v1/search", draw(ANA)).json()["status"] == "unknown"
    assert client.delete("/v1/images/a.png").code == "image_not_found"


@pytest.mark.parametrize("suffix", ["", "?info=true", "/faces", "/annotated"])
def test_a_picture_that_is_not_there_is_404(client: Client, suffix: str) -> None:
    answer = client.get(f"/v1/images/none.png{suffix}")
    assert (answer.status, answer.code) == (404, "image_not_found")
    assert client.get("/v1/images?key=none.png").json() == {"images": [], "next_token": None}


def test_metadata_survives_every_encoding_a_client_may_use(client: Client) -> None:
    headers = [
        (b"x-amz-meta-latin", "café".encode("latin-1")),
        (b"x-amz-meta-utf", "naïve ☕".encode()),
        (b"x-amz-meta-word", b"=?UTF-8?B?w6l0w6k=?= =?utf-8?Q?=C3=A9?="),
        (b"x-amz-meta-broken", b"=?nocharset?B?!!?="),
        (b"X-Amz-Meta-Twice", b"one"),
        (b"x-amz-meta-twice", b"two"),
    ]
    assert client.put("/v1/index/a.png", draw(ANA), headers=headers).status == 201
    metadata = client.get("/v1/images/a.png?info=true").json()["metadata"]
    assert metadata["latin"] == "café"
    assert metadata["utf"] == "naïve ☕"
    assert metadata["word"] == "étéé"
    assert metadata["broken"].startswith("=?nocharset")
    assert metadata["twice"] == "one,two"
    back = client.get("/v1/images/a.png")
    assert back.header("x-amz-meta-twice") == "one,two"
    assert str(back.header("x-amz-meta-latin")).startswith("=?UTF-8?B?")
    again = [(b"x-amz-meta-latin", str(back.header("x-amz-meta-latin")).encode())]
    client.put("/v1/index/b.png", draw(ANA), headers=again)
    assert client.get("/v1/images/b.png?info=true").json()["metadata"]["latin"] == "café"


def test_too_much_metadata_or_a_nameless_one_is_refused(client: Client) -> None:
    long = client.put("/v1/index/a", draw(ANA), headers={"x-amz-meta-a": "x" * 3000})
    assert (long.status, long.json()["details"]["parameter"]) == (400, "metadata")
    nameless = client.put("/v1/index/a", draw(ANA), headers={"x-amz-meta-": "x"})
    assert (nameless.status, nameless.code) == (400, "invalid_parameter")


def test_metadata_that_cannot_be_a_header_stays_in_the_record(client: Client) -> None:
    metadata = {"bad name\r\nx-evil": "1", "long": "é" * 200, "ctl": "a\r\nb: c"}
    ticket = client.post("/v1/uploads", {"filename": "a.png", "metadata": metadata}).json()
    assert client.put(ticket["url"].removeprefix("http://testserver"), draw(ANA)).status == 201
    answer = client.get("/v1/images/a.png")
    assert answer.status == 200
    assert "x-evil" not in str(answer.headers)
    assert all(value.isprintable() for _, value in answer.headers)
    assert client.get("/v1/images/a.png?info=true").json()["metadata"] == metadata


def test_head_answers_as_get_without_the_body(client: Client) -> None:
    client.put("/v1/index/a.png", draw(ANA))
    for target in ("/v1/images/a.png", "/v1/images", "/v1/health", "/", "/metrics"):
        got, head = client.get(target), client.call("HEAD", target)
        assert (head.status, head.body) == (200, b"")
        assert head.header("content-type") == got.header("content-type")
        if target == "/v1/images/a.png":
            assert head.header("content-length") == str(len(got.body))
    missing = client.call("HEAD", "/v1/images/none")
    assert (missing.status, missing.body) == (404, b"")
