"""Signatures: what is let in, and what each refusal is called."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping

import botocore
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from aws_serving import AwsServing, aws_serving, checked_client, sign_at, signed_headers

TARGET = "RekognitionService.ListCollections"
Change = Callable[[dict[str, str]], object]


def refused(aws: AwsServing, headers: Mapping[str, str], body: bytes = b"{}", path: str = "/"):
    answer = aws.send(headers, body, path)
    assert answer.status == 400
    return answer.code, answer.message


def test_a_right_signature_is_let_in(aws: AwsServing) -> None:
    assert aws.send(aws.sign(TARGET, b"{}"), b"{}").status == 200
    assert aws.client().list_collections()["CollectionIds"] == []


def test_headers_may_have_spaces_and_come_twice(aws: AwsServing) -> None:
    extra = {"X-Amz-Meta": "  a   b  ", "X-Amz-User-Agent": "me/1  (x;  y)"}
    assert aws.send(aws.sign(TARGET, b"{}", extra), b"{}").status == 200


def test_an_announced_hash_has_to_be_the_bodys(aws: AwsServing) -> None:
    wrong = aws.sign(TARGET, b"{}", {"X-Amz-Content-SHA256": "0" * 64})
    assert refused(aws, wrong) == (
        "InvalidSignatureException",
        "The header x-amz-content-sha256 is not the SHA-256 of the body.",
    )
    unsigned = aws.sign(TARGET, b"{}", {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
    assert refused(aws, unsigned)[0] == "InvalidSignatureException"


@pytest.mark.parametrize("name", ["X-Amz-Target", "X-Amz-Date", "Host", "Authorization"])
def test_nothing_signed_can_be_changed(aws: AwsServing, name: str) -> None:
    headers = aws.sign(TARGET, b"{}")
    changes = {
        "X-Amz-Target": "RekognitionService.DescribeCollection",
        "X-Amz-Date": (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60)).strftime(
            "%Y%m%dT%H%M%SZ"
        ),
        "Host": "elsewhere",
        "Authorization": headers["Authorization"][:-1] + "g",
    }
    code, message = refused(aws, {**headers, name: changes[name]})
    assert code == "InvalidSignatureException"
    assert message.startswith("The request signature we calculated does not match")


def test_a_changed_body_is_refused(aws: AwsServing) -> None:
    assert refused(aws, aws.sign(TARGET, b"{}"), b"{ }")[0] == "InvalidSignatureException"


def replace(old: str, new: str) -> Change:
    def change(headers: dict[str, str]) -> object:
        assert old in headers["Authorization"]
        headers["Authorization"] = headers["Authorization"].replace(old, new)
        return None

    return change


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (
            lambda headers: headers.pop("Authorization"),
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        (replace("AWS4-HMAC-SHA256", "AWS4-HMAC-MD5"), "IncompleteSignatureException", "begin"),
        (replace("AWS4-HMAC-SHA256", "Bearer"), "IncompleteSignatureException", "begin with AWS4"),
        (replace("Signature=", "Sig="), "IncompleteSignatureException", "'Signature' parameter"),
        (replace("Credential=", "X="), "IncompleteSignatureException", "'Credential' parameter"),
        (replace("/aws4_request", ""), "IncompleteSignatureException", "KEY/DATE/REGION"),
        (replace("Credential=FPAK", "Credential=FPAX"), "UnrecognizedClientException", "token"),
        (replace("/aws4_request", "/aws3"), "InvalidSignatureException", "valid terminator"),
        (replace("/rekognition/", "/s3/"), "InvalidSignatureException", "correct service"),
        (replace("/eu-west-1/", "/eu_west/"), "InvalidSignatureException", "valid region"),
        (replace("/eu-west-1/", "/eu-west-2/"), "InvalidSignatureException", "does not match"),
        (replace(";x-amz-target", ""), "InvalidSignatureException", "must have x-amz-target"),
        (replace("SignedHeaders=content", "SignedHeaders=Content"), "IncompleteSignature", "lower"),
        (
            lambda headers: headers.update(
                {"Authorization": re.sub(r"/\d{8}/", "/20250101/", headers["Authorization"])}
            ),
            "InvalidSignatureException",
            "does not match the day",
        ),
        (lambda headers: headers.pop("X-Amz-Date"), "IncompleteSignature", "X-Amz-Date is needed"),
        (
            lambda headers: headers.update({"X-Amz-Date": "2026112T000000Z"}),
            "IncompleteSignature",
            "X-Amz-Date is needed",
        ),
        (
            lambda headers: headers.update({"X-Amz-Security-Token": "x"}),
            "InvalidSignature",
            "must have x-amz-security-token",
        ),
    ],
)
def test_each_fault_has_its_name(aws: AwsServing, change: Change, code: str, says: str) -> None:
    headers = aws.sign(TARGET, b"{}")
    change(headers)
    found = refused(aws, headers)
    assert found[0].startswith(code)
    assert says in found[1]


def test_a_signature_of_another_service_is_refused(aws: AwsServing) -> None:
    credentials = Credentials(aws.access_key_id, aws.secret)
    headers = signed_headers(aws.url, credentials, TARGET, b"{}", service="s3")
    assert refused(aws, headers) == (
        "InvalidSignatureException",
        "Credential should be scoped to correct service: 'rekognition'.",
    )


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(-280, None), (280, None), (-310, "Signature expired"), (310, "Signature not yet current")],
)
def test_clocks_may_differ_by_five_minutes(aws: AwsServing, seconds: int, says: str | None) -> None:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    headers = sign_at(aws, TARGET, b"{}", moment)
    if says is None:
        assert aws.send(headers, b"{}").status == 200
    else:
        code, message = refused(aws, headers)
        assert code == "InvalidSignatureException"
        assert message.startswith(says)


def test_a_presigned_address_is_refused_clearly(aws: AwsServing) -> None:
    request = AWSRequest("POST", f"{aws.url}/", {"X-Amz-Target": TARGET}, b"{}")
    SigV4QueryAuth(Credentials(aws.access_key_id, aws.secret), "rekognition", "eu-west-1").add_auth(
        request
    )
    path = request.url.removeprefix(aws.url)
    code, message = refused(aws, {"X-Amz-Target": TARGET}, path=path)
    assert code == "IncompleteSignatureException"
    assert "presigned" in message


def test_a_query_is_refused(aws: AwsServing) -> None:
    code, message = refused(aws, aws.sign(TARGET, b"{}"), path="/?a=1")
    assert (code, message) == (
        "IncompleteSignatureException",
        "This address has no query parameters.",
    )


def test_session_tokens_belong_to_their_key(aws: AwsServing) -> None:
    aws.parts.application.access_keys.accept("fixed", "AKIDWITHTOKEN", "secret", "the-token")
    aws.parts.application.access_keys.accept("fixed", "AKIDPLAIN", "secret")
    right = checked_client(aws.url, "AKIDWITHTOKEN", "secret", session_token="the-token")
    assert right.list_collections()["CollectionIds"] == []
    for access_key_id, token in (
        ("AKIDWITHTOKEN", "another"),
        ("AKIDWITHTOKEN", None),
        ("AKIDPLAIN", "the-token"),
    ):
        wrong = checked_client(aws.url, access_key_id, "secret", session_token=token)
        with pytest.raises(ClientError) as caught:
            wrong.list_collections()
        assert caught.value.response["Error"] == {
            "Code": "UnrecognizedClientException",
            "Message": "The security token included in the request is invalid.",
        }


def test_boto3_sees_amazons_names(aws: AwsServing) -> None:
    for access_key_id, secret, code in (
        ("NOBODY", aws.secret, "UnrecognizedClientException"),
        (aws.access_key_id, "wrong", "InvalidSignatureException"),
    ):
        with pytest.raises(ClientError) as caught:
            checked_client(aws.url, access_key_id, secret).list_collections()
        assert caught.value.response["Error"]["Code"] == code
    with pytest.raises(ClientError) as caught:
        aws.client(signature_version=botocore.UNSIGNED).list_collections()
    assert caught.value.response["Error"]["Code"] == "MissingAuthenticationTokenException"


def test_one_region_can_be_demanded() -> None:
    with aws_serving(aws_region="eu-west-1") as aws:
        assert aws.send(aws.sign(TARGET, b"{}"), b"{}").status == 200
        credentials = Credentials(aws.access_key_id, aws.secret)
        other = signed_headers(aws.url, credentials, TARGET, b"{}", region="us-east-1")
        assert refused(aws, other) == (
            "InvalidSignatureException",
            "Credential should be scoped to a valid region: 'eu-west-1'.",
        )


@pytest.mark.parametrize("name", ["Authorization", "X-Amz-Date", "X-Amz-Security-Token"])
def test_a_header_that_comes_twice_is_refused(aws: AwsServing, name: str) -> None:
    headers = aws.sign(TARGET, b"{}")
    value = headers.get(name, "x")
    # http.client joins nothing: the second header travels as a line of its own.
    twice = {**headers, name: value, name.upper(): value}
    code, message = refused(aws, twice)
    assert code == "IncompleteSignatureException"
    assert "came 2 times" in message
