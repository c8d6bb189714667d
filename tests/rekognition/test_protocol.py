"""AWS JSON 1.1 over the wire: operations, bodies, errors, limits, what log and metrics say."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import time
import uuid
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from asgi_client import exchange, make_scope
from aws_serving import CONTENT_TYPE, AwsServing, aws_serving, signed_headers
from aws_shapes import service_model
from build import ANA, build_memory_application, draw
from faceplate.adapters.system.runtime import SystemRuntime
from faceplate.domain.keys import KeyKind, KeyScope
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from faceplate.http.rekognition.model import load_model
from faceplate.http.rekognition.operations import OPERATIONS
from faceplate.http.rekognition.protocol import unsupported
from faceplate.services.keys import Limits

LIST = "RekognitionService.ListCollections"
MAX_BLOB_BYTES = 5_242_880
OFFERED = {
    "CreateCollection",
    "ListCollections",
    "DescribeCollection",
    "DeleteCollection",
    "IndexFaces",
    "ListFaces",
    "DeleteFaces",
    "SearchFaces",
    "SearchFacesByImage",
    "CompareFaces",
    "DetectFaces",
    "CreateUser",
    "DeleteUser",
    "ListUsers",
    "AssociateFaces",
    "DisassociateFaces",
    "SearchUsers",
    "SearchUsersByImage",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
}


def fresh(client: Any) -> str:
    name = uuid.uuid4().hex
    client.create_collection(CollectionId=name)
    return name


def test_the_offered_operations_are_the_21_on_faces_in_still_images() -> None:
    assert set(OPERATIONS) == OFFERED
    assert set(unsupported(load_model())) == set(service_model().operation_names) - OFFERED


@pytest.mark.parametrize("operation", sorted(set(service_model().operation_names) - OFFERED))
def test_every_other_operation_is_refused_by_its_name(aws: AwsServing, operation: str) -> None:
    answer = aws.call(operation, {"anything": 1})
    assert answer.code == "AccessDeniedException"
    assert answer.message.startswith(f"{operation} is not supported by this server")


@pytest.mark.parametrize(
    "target",
    [
        None,
        "RekognitionService.DetectDogs",
        "RekognitionService.",
        "Rekognition.ListCollections",
        "ListCollections",
        "RekognitionService.ListCollections\u00e9",
    ],
)
def test_a_name_the_service_does_not_have_is_unknown(aws: AwsServing, target: str | None) -> None:
    headers = aws.sign(LIST, b"{}")
    headers.pop("X-Amz-Target")
    if target is not None:
        headers["X-Amz-Target"] = target
    answer = aws.send(headers, b"{}")
    assert (answer.status, answer.code) == (400, "UnknownOperationException")
    assert "RekognitionService." in answer.message


@pytest.mark.parametrize("body", [b"", b"  ", b"{}", b'{"MaxResults": null, "Unknown": [1]}'])
def test_an_empty_body_is_an_empty_object(aws: AwsServing, body: bytes) -> None:
    answer = aws.call("ListCollections", body)
    assert answer.status == 200
    assert answer.headers["content-type"] == CONTENT_TYPE


def test_the_last_of_a_member_that_comes_twice_counts(aws: AwsServing) -> None:
    answer = aws.call("ListCollections", b'{"MaxResults": 5000, "MaxResults": 1}')
    assert answer.status == 200
    assert aws.call("ListCollections", b'{"MaxResults": 1, "MaxResults": 5000}').status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"x"',
        b"1",
        b"null",
        b"{",
        b'{"a": NaN}',
        b"\xff",
        b"[" * 100_000,
        b'{"NextToken": "\\ud800"}',
    ],
)
def test_what_is_no_json_object_is_refused(aws: AwsServing, body: bytes) -> None:
    answer = aws.call("ListCollections", body)
    assert (answer.status, answer.code) == (400, "SerializationException")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (CONTENT_TYPE, 200),
        ("application/x-amz-json-1.0", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("text/plain", 400),
        ("application/x-www-form-urlencoded", 400),
        ("", 400),
    ],
)
def test_the_body_has_to_be_called_json(aws: AwsServing, content_type: str, status: int) -> None:
    answer = aws.call("ListCollections", headers={"Content-Type": content_type})
    assert answer.status == status
    assert answer.code in {None, "SerializationException"}


def test_a_compressed_body_is_refused(aws: AwsServing) -> None:
    answer = aws.call("ListCollections", headers={"Content-Encoding": "gzip"})
    assert answer.code == "SerializationException"


def test_a_caller_with_another_key_learns_it_though_the_body_is_huge(aws: AwsServing) -> None:
    stranger = aws.client(("NOBODY", "x"))
    big = {"Bytes": b"\xff" * MAX_BLOB_BYTES}
    with pytest.raises(ClientError) as caught:
        stranger.compare_faces(SourceImage=big, TargetImage=big)
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_the_largest_bodies_are_read(aws: AwsServing) -> None:
    big = {"Bytes": base64.b64encode(b"\xff" * MAX_BLOB_BYTES).decode()}
    answer = aws.call("CompareFaces", {"SourceImage": big, "TargetImage": big})
    # The server of these tests takes smaller pictures than the protocol does.
    assert answer.code == "ImageTooLargeException"
    assert "Image.Bytes" not in answer.message


@pytest.mark.parametrize(
    ("operation", "size", "code"),
    [
        ("ListCollections", 1_048_577, "InvalidParameterException"),
        ("DetectFaces", 8_039_085, "ImageTooLargeException"),
        ("CompareFaces", 15_029_593, "ImageTooLargeException"),
        ("CompareFaces", 40_000_000, "ImageTooLargeException"),
    ],
)
def test_longer_bodies_are_not(aws: AwsServing, operation: str, size: int, code: str) -> None:
    body = b" " * size
    answer = aws.send(aws.sign(f"RekognitionService.{operation}", b"{}"), body)
    assert (answer.status, answer.code) == (400, code)


def test_other_methods_and_posts_are_not_this_protocols(aws: AwsServing) -> None:
    assert aws.send({}, b"", method="GET").headers["content-type"].startswith("text/html")
    plain = aws.send({"Content-Type": "application/json"}, b"{}")
    assert (plain.status, plain.headers["content-type"]) == (405, "application/problem+json")
    elsewhere = aws.send(aws.sign(LIST, b"{}"), b"{}", path="/v1/")
    assert elsewhere.status == 404


def test_several_findings_are_listed_with_member_and_rule(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException) as caught:
        client.search_faces_by_image(
            CollectionId="bad id!",
            MaxFaces=0,
            FaceMatchThreshold=150,
            QualityFilter="BOGUS",
            Image={"S3Object": {"Bucket": "ab"}},
        )
    message = caught.value.response["Error"]["Message"]
    assert message == (
        "Request has invalid parameters. "
        r"CollectionId: does not match the pattern [a-zA-Z0-9_.\-]+; "
        "Image.S3Object.Bucket: 2 characters are fewer than the minimum 3; "
        "MaxFaces: 0 is less than the minimum 1; "
        "FaceMatchThreshold: 150 is more than the maximum 100; "
        "QualityFilter: is not one of NONE, AUTO, LOW, MEDIUM, HIGH."
    )


def test_ten_findings_are_enough(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException) as caught:
        client.delete_faces(CollectionId="a", FaceIds=["x"] * 4096)
    assert caught.value.response["Error"]["Message"].count("does not match") == 10


def test_the_eleventh_is_not_looked_for(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException) as caught:
        client.create_collection(CollectionId="a b", Tags={f"#{one}": "#" for one in range(9)})
    assert caught.value.response["Error"]["Message"].count("does not match") == 10


def test_a_caller_who_leaves_is_let_go() -> None:
    parts = build_memory_application(runtime=SystemRuntime())
    key, secret = parts.application.keys.create("aws", kind=KeyKind.AWS)
    app = create_app(parts.application, HttpOptions(max_image_bytes=1, worker_threads=1))
    headers = signed_headers("http://here", Credentials(key.key_id, secret), LIST, b"{}")
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    begun = [{"type": "http.request", "body": b"{", "more_body": True}]
    answer = asyncio.run(exchange(app, make_scope("POST", "/", raw), begun))
    assert answer.status == 499  # for the log alone


def test_a_reading_key_may_not_write(aws: AwsServing, client: Any) -> None:
    name = fresh(client)
    reader = aws.client(aws.new_key(scope=KeyScope.READ))
    assert reader.describe_collection(CollectionId=name)["FaceCount"] == 0
    refused = {
        operation
        for operation, served in OPERATIONS.items()
        if served.access == "write" and _denied(reader, operation)
    }
    assert refused == {
        "AssociateFaces",
        "CreateCollection",
        "CreateUser",
        "DeleteCollection",
        "DeleteFaces",
        "DeleteUser",
        "DisassociateFaces",
        "IndexFaces",
        "TagResource",
        "UntagResource",
    }
    for operation in set(OPERATIONS) - refused:
        assert not _denied(reader, operation)


def _denied(client: Any, operation: str) -> bool:
    method = "".join(f"_{one.lower()}" if one.isupper() else one for one in operation)[1:]
    try:
        getattr(client, method)()
    except client.exceptions.AccessDeniedException as exc:
        message = exc.response["Error"]["Message"]
        assert message.startswith("User: FPAK")
        assert f"is not authorized to perform: rekognition:{operation}." in message
        return True
    except ClientError:
        pass
    return False


def test_a_key_keeps_to_its_collections(aws: AwsServing, client: Any) -> None:
    other = fresh(client)
    prefix = uuid.uuid4().hex
    mine = aws.client(aws.new_key(collection_prefix=prefix))
    mine.create_collection(CollectionId=f"{prefix}.a")
    assert mine.list_collections()["CollectionIds"] == [f"{prefix}.a"]
    for call in (mine.describe_collection, mine.create_collection, mine.delete_collection):
        with pytest.raises(client.exceptions.AccessDeniedException):
            call(CollectionId=other)


def test_a_revoked_key_is_refused_from_the_next_request_on(aws: AwsServing) -> None:
    pair = aws.new_key()
    mine = aws.client(pair)
    mine.list_collections()
    aws.parts.application.keys.revoke(pair[0])
    with pytest.raises(ClientError) as caught:
        mine.list_collections()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_an_api_key_opens_nothing_here(aws: AwsServing) -> None:
    key, secret = aws.parts.application.keys.create("api")
    for pair in ((key.key_id, secret), (secret, secret)):
        with pytest.raises(ClientError) as caught:
            aws.client(pair).list_collections()
        assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(rate_rps=0.001, burst=2), "ThrottlingException"),
        (Limits(daily_quota=2), "ProvisionedThroughputExceededException"),
    ],
)
def test_limits_have_amazons_names(limits: Limits, code: str) -> None:
    with aws_serving(limits=limits) as aws:
        mine = aws.client(aws.new_key())
        for _ in range(2):
            mine.list_collections()
        with pytest.raises(ClientError) as caught:
            mine.list_collections()
        assert caught.value.response["Error"]["Code"] == code
        assert int(caught.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"]) >= 1
        # Nobody else's signature costs the key anything.
        stranger = aws.client((aws.access_key_id, "wrong"))
        with pytest.raises(ClientError) as caught:
            stranger.list_collections()
        assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_boto3_tries_a_throttled_call_again() -> None:
    with aws_serving(limits=Limits(rate_rps=0.4, burst=1)) as aws:
        mine = aws.client(aws.new_key(), retries={"mode": "standard", "max_attempts": 8})
        tries = [mine.list_collections()["ResponseMetadata"]["RetryAttempts"] for _ in range(2)]
        assert sum(tries) > 0


def test_log_and_metrics_name_the_operation(
    aws: AwsServing, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="faceplate.access"):
        answer = aws.call("DetectFaces", {"Image": {"Bytes": _base64(draw(ANA))}})
        aws.send({"X-Amz-Target": "RekognitionService.Nonsense"}, b"{}")
        while len(caplog.records) < 2:  # the line is written once the answer has left
            time.sleep(0.01)
    event, other = (json.loads(record.message) for record in caplog.records)
    assert event["request_id"] == answer.headers["x-amzn-requestid"]
    assert (event["route"], event["status"]) == ("RekognitionService.DetectFaces", 200)
    assert (event["key_id"], event["face_count"]) == (aws.access_key_id, 1)
    assert (other["route"], other["status"]) == ("/", 400)
    metrics = aws.send({}, b"", path="/metrics", method="GET").body.decode()
    assert 'faceplate_requests_total{route="RekognitionService.DetectFaces"' in metrics
    assert "Nonsense" not in metrics


def test_indexed_faces_are_counted(aws: AwsServing, client: Any) -> None:
    client.index_faces(CollectionId=fresh(client), Image={"Bytes": draw(ANA)})
    metrics = aws.send({}, b"", path="/metrics", method="GET").body.decode()
    assert "faceplate_faces_indexed_total 1" in metrics


def test_moments_are_seconds_and_requests_have_ids(client: Any) -> None:
    described = client.describe_collection(CollectionId=fresh(client))
    assert described["CreationTimestamp"].year >= 2026
    assert described["ResponseMetadata"]["RequestId"]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
