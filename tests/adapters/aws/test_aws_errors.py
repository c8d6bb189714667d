"""What AWS's errors become: by their code, never by a class, and without the vendor's text."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import pytest

from asgi_client import Client, exchange, make_scope
from aws_building import aws_settings
from build import ANA, MAX_IMAGE_BYTES, draw
from emulators import free_port
from faceplate.adapters.aws.blobs import S3BlobStore
from faceplate.adapters.aws.clients import AwsClients, CallLimits
from faceplate.adapters.aws.errors import translated
from faceplate.adapters.aws.records import DynamoRecords
from faceplate.adapters.aws.rekognition import RekognitionCalls
from faceplate.adapters.aws.table import DynamoTable
from faceplate.bootstrap.aws import AwsParts, build_aws
from faceplate.domain.errors import (
    Busy,
    FaceplateError,
    ImageTooLarge,
    InvalidImage,
    Misconfigured,
    NotFound,
    StorageFull,
    UpstreamFailed,
)
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from scripted_aws import Script, refusal, scripted


@pytest.mark.parametrize(
    ("code", "status", "error", "ours"),
    [
        ("ThrottlingException", 400, Busy, "upstream_busy"),
        ("ProvisionedThroughputExceededException", 400, Busy, "upstream_busy"),
        ("ThrottlingException", 500, Busy, "upstream_busy"),
        ("AccessDeniedException", 400, Misconfigured, "aws_access_denied"),
        ("UnrecognizedClientException", 400, Misconfigured, "aws_access_denied"),
        ("InvalidImageFormatException", 400, InvalidImage, "image_corrupt"),
        ("ImageTooLargeException", 400, ImageTooLarge, "image_too_large"),
        ("ResourceNotFoundException", 400, NotFound, "collection_not_found"),
        ("ServiceQuotaExceededException", 400, StorageFull, "storage_full"),
        ("InternalServerError", 500, UpstreamFailed, "upstream_failed"),
        ("SomethingNew", 418, UpstreamFailed, "upstream_failed"),
    ],
)
def test_rekognitions_codes(code: str, status: int, error: type[FaceplateError], ours: str) -> None:
    with scripted(Script([refusal(code, status)])) as clients, pytest.raises(error) as caught:
        RekognitionCalls(clients).detect_faces(b"x", ())
    assert type(caught.value) is error
    assert caught.value.code == ours
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is not None


def records_of(clients: AwsClients) -> object:
    return DynamoRecords(DynamoTable(clients, "t")).get_collection("c")


@pytest.mark.parametrize("use", [records_of, lambda clients: S3BlobStore(clients, "b").get("a")])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", Busy),
        ("AccessDeniedException", Misconfigured),
        ("ResourceInUseException", UpstreamFailed),
    ],
)
def test_a_store_that_refuses(
    use: Callable[[AwsClients], object], code: str, error: type[FaceplateError]
) -> None:
    status, body = refusal(code)
    if use is not records_of:
        body = f"<Error><Code>{code}</Code><Message>a secret</Message></Error>".encode()
    with scripted(Script([(status, body)])) as clients, pytest.raises(error) as caught:
        use(clients)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{"])
def test_nonsense_is_a_failure_of_theirs(body: bytes) -> None:
    with scripted(Script([(500, body)])) as clients, pytest.raises(UpstreamFailed):
        records_of(clients)
    with scripted(Script([(500, body)])) as clients, pytest.raises(UpstreamFailed):
        S3BlobStore(clients, "b").put("a", b"1")


def test_retries_outlive_a_moment_of_throttling() -> None:
    script = Script([refusal("ThrottlingException"), (200, {"FaceDetails": []})])
    with scripted(script, attempts=2) as clients:
        assert RekognitionCalls(clients).detect_faces(b"x", ())["FaceDetails"] == []
    assert [name for name, _ in script.calls] == ["DetectFaces", "DetectFaces"]


def test_nobody_there_and_nobody_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    clients = AwsClients(CallLimits(attempts=1))
    with pytest.raises(UpstreamFailed) as caught:
        records_of(clients)
    assert caught.value.code == "upstream_unreachable"
    clients.close()


def test_missing_credentials_and_region_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    with pytest.raises(Misconfigured) as caught:
        records_of(AwsClients())
    assert caught.value.code == "aws_region_missing"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with pytest.raises(Misconfigured) as caught:
        records_of(AwsClients())
    assert caught.value.code == "aws_access_denied"


def test_other_exceptions_pass_through() -> None:
    for error in (ZeroDivisionError(), NotFound("x")):
        with pytest.raises(type(error)) as caught, translated("x"):
            raise error
        assert caught.value is error


def test_a_throttled_rekognition_is_a_503_that_says_when_to_come_back(
    aws_parts: AwsParts, bucket: str
) -> None:
    script = Script([refusal("ProvisionedThroughputExceededException")])
    settings = aws_settings(bucket, aws_parts.table.name)
    with scripted(script) as throttled:
        clients = AwsClients()
        clients._made = {**aws_parts.clients._made, "rekognition": throttled.rekognition}
        build_aws(settings, aws_parts).faces.ensure_collection("faceplate")
        application = build_aws(settings, AwsParts(settings, clients))
        application.keys.accept("tests", "key", limited=False)
        app = create_app(
            application, HttpOptions(max_image_bytes=MAX_IMAGE_BYTES, worker_threads=1)
        )
        client = Client(app, "key")
        for name, number in itertools.product(("index/a.png", "search"), range(2)):
            answer = asyncio.run(_put(client, f"/v1/{name}", draw(ANA)))
            assert (answer[0], answer[1], answer[2]) == (503, "upstream_busy", "2"), number
        assert application.images.list().items == []
        assert list(aws_parts.blobs.names()) == []
        asyncio.run(app.state.backend.workers.close())


async def _put(client: Client, target: str, body: bytes) -> tuple[int, str, str]:
    headers = [(b"x-api-key", b"key"), (b"content-length", str(len(body)).encode())]
    message = {"type": "http.request", "body": body, "more_body": False}
    answer = await exchange(client.app, make_scope("PUT", target, headers), [message])
    assert b"secret" not in answer.body
    assert b"Traceback" not in answer.body
    return answer.status, answer.json()["code"], str(answer.header("retry-after"))
