"""Every form an image body may have, and every way it may be broken."""

import asyncio
import base64
import json
from typing import Any

import pytest

from asgi_client import Answer, Client, make_scope
from build import ANA, BEN, MAX_IMAGE_BYTES, draw
from faceplate.domain.errors import ImageTooLarge
from faceplate.http.bodies import decode_picture, decode_text, longest_body_bytes
from faceplate.http.middleware import BodyLimit

PICTURE = draw(ANA, form="JPEG")
TEXT = base64.b64encode(PICTURE)
BOUNDARY = "c4f3"
MULTIPART = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
JSON = {"content-type": "application/json"}


def part(data: bytes, disposition: str, *headers: str) -> bytes:
    lines = [f"Content-Disposition: form-data; {disposition}", *headers]
    return f"--{BOUNDARY}\r\n".encode() + "\r\n".join(lines).encode() + b"\r\n\r\n" + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def faces(answer: Answer) -> int:
    assert answer.status == 200, answer.body
    return len(answer.json()["FaceDetails"])


@pytest.mark.parametrize(
    "body",
    [
        PICTURE,
        TEXT,
        TEXT.rstrip(b"="),
        base64.urlsafe_b64encode(PICTURE),
        base64.encodebytes(PICTURE),
        b"\r\n " + TEXT + b"\n",
        b"data:image/jpeg;base64," + TEXT,
        b"DATA:image/png;charset=x;BASE64," + TEXT,
    ],
    ids=["raw", "base64", "unpadded", "urlsafe", "lines", "spaces", "data-url", "data-url-upper"],
)
@pytest.mark.parametrize("kind", [None, "text/plain", "image/png", "application/octet-stream"])
def test_the_body_itself_decides_what_it_is(client: Client, body: bytes, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    assert faces(client.post("/v1/detect", body, headers=headers)) == 1


@pytest.mark.parametrize("form_name", ["PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_every_format_is_known_by_its_first_bytes(client: Client, form_name: str) -> None:
    picture = draw(ANA, BEN, form=form_name)
    assert decode_picture(picture) == picture
    assert faces(client.post("/v1/detect", picture)) == 2


@pytest.mark.parametrize(
    "body",
    [
        form(part(PICTURE, 'name="whatever"; filename="a.jpg"', "Content-Type: image/jpeg")),
        form(part(b"x", 'name="note"'), part(PICTURE, 'name="f"; filename="\\"..\\".jpg"')),
        form(part(TEXT, 'name="f"; filename="a.b64"', "Content-Transfer-Encoding: base64")),
        form(part(b"x", 'name="note"'), part(PICTURE, 'name="f"', "Content-Type: image/jpeg")),
        form(part(b"data:image/jpeg;base64," + TEXT, 'name="only"')),
    ],
    ids=["file", "after-field", "base64-file", "by-type", "only-part"],
)
def test_multipart_gives_its_first_file(client: Client, body: bytes) -> None:
    assert faces(client.post("/v1/detect", body, headers=MULTIPART)) == 1


@pytest.mark.parametrize("text", [TEXT.decode(), "data:image/jpeg;base64," + TEXT.decode()])
def test_json_carries_a_picture(client: Client, text: str) -> None:
    assert faces(client.post("/v1/detect", {"image": text})) == 1


def test_compare_takes_two_parts(client: Client) -> None:
    body = form(
        part(draw(BEN), 'name="target"; filename="b"'), part(PICTURE, 'name="source"; filename="a"')
    )
    answer = client.post("/v1/compare", body, headers=MULTIPART)
    assert len(answer.json()["UnmatchedFaces"]) == 1


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"", {}, "image_empty"),
        (b"   ", {}, "image_empty"),
        (b"", MULTIPART, "image_empty"),
        (b"not base64!", {}, "image_encoding_invalid"),
        (b"abcde", {}, "image_encoding_invalid"),
        (b"abc==", {}, "image_encoding_invalid"),
        (b"ab===", {}, "image_encoding_invalid"),
        (b"ab=c", {}, "image_encoding_invalid"),
        (TEXT[:50] + b"*" + TEXT[50:], {}, "image_encoding_invalid"),
        (b"data:image/jpeg," + TEXT, {}, "image_encoding_invalid"),
        (b"data:image/jpeg;base64", {}, "image_encoding_invalid"),
        (b"<svg xmlns='x'/>", {"content-type": "image/svg+xml"}, "image_encoding_invalid"),
        (base64.b64encode(b"hello"), {}, "image_format_unsupported"),
        (b"\x00\x01\x02\x03" * 20, {}, "image_format_unsupported"),
        ("é".encode() * 30, {}, "image_format_unsupported"),
        (PICTURE[:300], {}, "image_truncated"),
        (form(part(PICTURE, 'name="f"')), {"content-type": "multipart/form-data"}, None),
        (form(part(PICTURE, 'name="f"'))[:-20], MULTIPART, "image_encoding_invalid"),
        (b"nonsense", MULTIPART, "image_encoding_invalid"),
        (form(), MULTIPART, "image_encoding_invalid"),
        (form(part(b"", 'name="f"; filename="a"')), MULTIPART, "image_empty"),
        (
            form(*[part(b"x", f'name="f{n}"') for n in range(50)]),
            MULTIPART,
            "image_encoding_invalid",
        ),
        (
            form(part(PICTURE, 'name="f"')),
            {"content-type": f"multipart/form-data; boundary={'x' * 500}"},
            "image_encoding_invalid",
        ),
        (b"{}", JSON, "invalid_parameter"),
        (b"[]", JSON, "invalid_parameter"),
        (b'{"image": 7}', JSON, "invalid_parameter"),
        (b'{"image": null}', JSON, "invalid_parameter"),
        (b'{"image": "AAAA", "extra": 1}', JSON, "invalid_parameter"),
        (b'{"image": "\\ud800"}', JSON, None),
        (b'{"image": NaN}', JSON, "invalid_json"),
        (b'{"image": "' + "é".encode("latin-1") + b'"}', JSON, "invalid_json"),
        (b"[" * 100_000, JSON, "invalid_json"),
        (b'{"image": "AAAA"', {"content-type": "application/json; charset=utf-8"}, "invalid_json"),
        (PICTURE, {"content-encoding": "gzip"}, "content_encoding_unsupported"),
    ],
)
def test_a_broken_body_is_a_clear_error(
    client: Client, body: bytes, headers: dict[str, str], code: str | None
) -> None:
    for target in ("/v1/detect", "/v1/search"):
        answer = client.post(target, body, headers=headers)
        assert answer.status == 400
        assert answer.code == code or (
            code is None and answer.code in {"image_encoding_invalid", "invalid_json"}
        )


@pytest.mark.parametrize(
    ("body", "headers", "named"),
    [
        (PICTURE, {}, "content-type"),
        (b"{}", JSON, "source"),
        (json.dumps({"source": TEXT.decode()}).encode(), JSON, "target"),
        (form(part(PICTURE, 'name="target"')), MULTIPART, "source"),
    ],
)
def test_compare_names_the_picture_that_is_missing(
    client: Client, body: bytes, headers: dict[str, str], named: str
) -> None:
    answer = client.post("/v1/compare", body, headers=headers)
    assert (answer.status, answer.code) == (400, "invalid_parameter")
    assert answer.json()["details"]["parameter"] == named


def test_a_raw_picture_is_held_to_the_limit_to_the_byte(client: Client) -> None:
    padded = PICTURE + b"\0" * (MAX_IMAGE_BYTES - len(PICTURE))
    assert faces(client.post("/v1/detect", padded)) == 1
    assert faces(client.post("/v1/detect", base64.b64encode(padded))) == 1
    for body in (padded + b"\0", base64.b64encode(padded + b"\0")):
        answer = client.post("/v1/detect", body)
        assert (answer.status, answer.code) == (413, "image_too_large")
        assert answer.json()["details"]["max_bytes"] == MAX_IMAGE_BYTES


class Endless:
    """A body that tells how much of it was taken."""

    def __init__(self, piece: bytes, pieces: int) -> None:
        self.piece = piece
        self.pieces = pieces
        self.taken = 0

    async def receive(self) -> dict[str, object]:
        self.taken += 1
        more = self.taken < self.pieces
        return {"type": "http.request", "body": self.piece, "more_body": more}


@pytest.mark.parametrize(
    ("piece", "limit"),
    [
        (b"\xff\xd8\xff" + b"\0" * 9_997, MAX_IMAGE_BYTES),
        (b"A" * 10_000, longest_body_bytes(MAX_IMAGE_BYTES)),
    ],
    ids=["raw", "text"],
)
def test_reading_stops_at_the_limit_without_a_length(
    client: Client, piece: bytes, limit: int
) -> None:
    body, statuses = Endless(piece, 10_000), []

    async def send(message: dict[str, object]) -> None:
        if "status" in message:
            statuses.append(message["status"])

    headers = [(b"x-api-key", str(client.secret).encode())]
    scope = make_scope("POST", "/v1/detect", headers)
    asyncio.run(client.app(scope, body.receive, send))
    assert statuses == [413]
    assert body.taken <= limit // len(piece) + 2


def test_a_length_past_the_limit_is_refused_before_reading(client: Client) -> None:
    headers = [(b"content-length", b"99999999999999999999999999")]
    answer = client.call("POST", "/v1/detect", [PICTURE], headers=headers)
    assert answer.status == 413
    people = client.call("POST", "/v1/people", [b"{}"], headers=headers)
    assert (people.status, people.code) == (413, "body_too_large")


def test_a_json_body_without_a_length_is_held_to_its_limit(client: Client) -> None:
    pieces = [b" " * 100_000] * 11
    answer = client.call("POST", "/v1/people", pieces)
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_no_reader_gets_past_the_limit_of_the_app() -> None:
    async def greedy(_scope: object, receive: Any, _send: object) -> None:
        while (await receive())["more_body"]:
            pass

    async def endless() -> dict[str, object]:
        return {"type": "http.request", "body": b"x" * 10, "more_body": True}

    with pytest.raises(ImageTooLarge) as refused:
        asyncio.run(BodyLimit(greedy, max_bytes=95)({"type": "http"}, endless, print))
    assert refused.value.code == "body_too_large"


def test_a_body_in_pieces_without_a_length_works(client: Client) -> None:
    pieces = [PICTURE[start : start + 100] for start in range(0, len(PICTURE), 100)]
    assert faces(client.call("POST", "/v1/detect", pieces)) == 1
    assert faces(client.call("POST", "/v1/detect", [b"", PICTURE, b""])) == 1


@pytest.mark.parametrize("text", [b"QQ", b"QQ==", b"Q Q=\n=", b"data:;base64,QQ"])
def test_base64_is_forgiving_about_space_and_padding_only(text: bytes) -> None:
    assert decode_text(text) == b"A"
