"""Uploads by a signed address."""

from urllib.parse import quote

import pytest

from asgi_client import Client
from build import ANA, MAX_IMAGE_BYTES, MemoryParts, draw

HOST = "http://testserver"


def ticket(client: Client, **body: object) -> dict[str, str]:
    answer = client.post("/v1/uploads", {"filename": "up/a.png", **body})
    assert answer.status == 201
    found: dict[str, str] = answer.json()
    return found


def test_a_picture_is_sent_without_a_key_and_indexed(client: Client) -> None:
    made = ticket(client, metadata={"album": "summer"})
    assert made["url"].startswith(f"{HOST}/v1/uploads/{made['upload_id']}?signature=")
    status = made["status_url"].removeprefix(HOST)
    assert client.get(status).json()["status"] == "waiting"
    sent = client.with_secret(None).put(made["url"].removeprefix(HOST), draw(ANA))
    assert (sent.status, sent.json()["key"]) == (201, "up/a.png")
    after = client.get(status).json()
    assert (after["status"], after["face_count"], after["error_code"]) == ("indexed", 1, None)
    assert client.get("/v1/images/up/a.png?info=true").json()["metadata"] == {"album": "summer"}
    again = client.with_secret(None).put(made["url"].removeprefix(HOST), draw(ANA))
    assert (again.status, again.code) == (409, "upload_done")


def test_a_refused_picture_shows_in_the_status(client: Client) -> None:
    made = ticket(client)
    target = made["url"].removeprefix(HOST)
    assert client.put(target, b"\x00\x01nothing").code == "image_format_unsupported"
    status = client.get(made["status_url"].removeprefix(HOST)).json()
    assert (status["status"], status["error_code"]) == ("refused", "image_format_unsupported")
    assert client.put(target, draw(ANA)).status == 201


def test_a_picture_that_is_too_large_to_be_read_shows_in_the_status(client: Client) -> None:
    made = ticket(client)
    answer = client.put(made["url"].removeprefix(HOST), bytes(MAX_IMAGE_BYTES + 1))
    assert (answer.status, answer.code) == (413, "image_too_large")
    status = client.get(made["status_url"].removeprefix(HOST)).json()
    assert (status["status"], status["error_code"]) == ("refused", "image_too_large")


@pytest.mark.parametrize("signature", ["", "0" * 64, "é", "%00"])
def test_a_wrong_signature_is_refused(client: Client, signature: str) -> None:
    made = ticket(client)
    target = f"/v1/uploads/{made['upload_id']}?signature={quote(signature, safe='%')}"
    answer = client.with_secret(None).put(target, draw(ANA))
    assert (answer.status, answer.code) == (403, "upload_signature_invalid")


def test_a_missing_signature_is_named(client: Client) -> None:
    answer = client.put(f"/v1/uploads/{ticket(client)['upload_id']}", draw(ANA))
    assert (answer.status, answer.json()["details"]["parameter"]) == (400, "signature")


def test_an_old_address_has_expired(client: Client, parts: MemoryParts) -> None:
    made = ticket(client)
    parts.runtime.advance(16 * 60)
    answer = client.put(made["url"].removeprefix(HOST), draw(ANA))
    assert (answer.status, answer.code) == (403, "upload_expired")
    assert client.get(made["status_url"].removeprefix(HOST)).json()["status"] == "expired"


def test_a_bad_name_is_refused_at_once(client: Client) -> None:
    long = client.post("/v1/uploads", {"filename": "x" * 400})
    assert (long.status, long.code) == (400, "image_key_too_long")
    assert client.post("/v1/uploads", {"filename": ""}).code == "invalid_parameter"
    assert client.get("/v1/uploads/none").code == "upload_not_found"


@pytest.mark.parametrize("host", ["evil\r\nx: y", "a b", "user@host", "x" * 300, "h:99999999", ""])
def test_a_doubtful_host_gives_a_relative_address(client: Client, host: str) -> None:
    headers = [(b"host", host.encode())]
    made = client.call("POST", "/v1/uploads", b'{"filename": "a.png"}', headers=headers).json()
    assert made["url"].startswith("/v1/uploads/")
    assert made["status_url"].startswith("/v1/uploads/")


@pytest.mark.parametrize("host", ["localhost:8000", "a-b.example", "[::1]:80", "10.0.0.1"])
def test_the_address_is_on_the_host_that_was_asked(client: Client, host: str) -> None:
    headers = [(b"host", host.encode())]
    made = client.call("POST", "/v1/uploads", b'{"filename": "a.png"}', headers=headers).json()
    assert made["url"].startswith(f"http://{host}/v1/uploads/")
