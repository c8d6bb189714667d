"""What every operation answers when it may not, cannot or must wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from aws_serving import AwsServing, aws_serving
from build import ANA, MAX_IMAGE_BYTES, draw
from faceplate.domain.keys import KeyScope
from faceplate.http.rekognition.operations import OPERATIONS
from rekognition_calls import ABSENT, DENIED, MISSING, TOO_LARGE

IMAGE = {"Bytes": draw(ANA)}
C = {"CollectionId": "none"}
ARN = "arn:aws:rekognition:eu-west-1:000000000000:collection/none"
MEMBERS: dict[str, dict[str, Any]] = {
    "CreateCollection": C,
    "ListCollections": {},
    "DescribeCollection": C,
    "DeleteCollection": C,
    "IndexFaces": {**C, "Image": IMAGE},
    "ListFaces": C,
    "DeleteFaces": {**C, "FaceIds": [ABSENT]},
    "SearchFaces": {**C, "FaceId": ABSENT},
    "SearchFacesByImage": {**C, "Image": IMAGE},
    "CompareFaces": {"SourceImage": IMAGE, "TargetImage": IMAGE},
    "DetectFaces": {"Image": IMAGE},
    "CreateUser": {**C, "UserId": "u"},
    "DeleteUser": {**C, "UserId": "u"},
    "ListUsers": C,
    "AssociateFaces": {**C, "UserId": "u", "FaceIds": [ABSENT]},
    "DisassociateFaces": {**C, "UserId": "u", "FaceIds": [ABSENT]},
    "SearchUsers": {**C, "UserId": "u"},
    "SearchUsersByImage": {**C, "Image": IMAGE},
    "TagResource": {"ResourceArn": ARN, "Tags": {}},
    "UntagResource": {"ResourceArn": ARN, "TagKeys": []},
    "ListTagsForResource": {"ResourceArn": ARN},
}
"""Members that fit the service model, of a collection that is not there."""

OF_A_COLLECTION = [name for name, members in MEMBERS.items() if {*members} & {*C, "ResourceArn"}]
OF_A_PICTURE = [name for name, members in MEMBERS.items() if {*members} & {"Image", "SourceImage"}]
WRITING = [name for name, operation in OPERATIONS.items() if operation.access == "write"]


def ask(client: Any, name: str, **changes: Any) -> ClientError:
    """Make a call that must fail, and return how."""
    with pytest.raises(ClientError) as caught:
        getattr(client, xform_name(name))(**{**MEMBERS[name], **changes})
    return caught.value


def code(error: ClientError) -> str:
    found: str = error.response["Error"]["Code"]
    return found


def test_every_operation_is_asked() -> None:
    assert set(MEMBERS) == set(OPERATIONS)


@pytest.mark.parametrize("name", [name for name in OF_A_COLLECTION if name != "CreateCollection"])
def test_a_collection_that_is_not_there(client: Any, name: str) -> None:
    error = ask(client, name)
    assert code(error) == MISSING
    assert "none" in error.response["Error"]["Message"]


@pytest.mark.parametrize("name", OF_A_COLLECTION)
def test_a_collection_that_is_not_the_keys(aws: AwsServing, name: str) -> None:
    client = aws.client(aws.new_key(scope=KeyScope.WRITE, collection_prefix="mine."))
    assert code(ask(client, name)) == DENIED


@pytest.mark.parametrize("name", WRITING)
def test_a_key_that_may_only_read(aws: AwsServing, name: str) -> None:
    client = aws.client(aws.new_key(scope=KeyScope.READ))
    assert code(ask(client, name)) == DENIED
    assert client.list_collections(MaxResults=1)["CollectionIds"] is not None


@pytest.mark.parametrize("name", MEMBERS)
def test_a_key_that_calls_too_often(aws: AwsServing, name: str) -> None:
    client = aws.client(aws.new_key(scope=KeyScope.WRITE, rate_rps=0.001, burst=1))
    client.list_collections()
    error = ask(client, name)
    assert code(error) == "ThrottlingException"
    assert int(error.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"]) >= 1


@pytest.mark.parametrize("name", OF_A_PICTURE)
def test_a_picture_larger_than_this_server_takes(client: Any, name: str) -> None:
    member = "SourceImage" if name == "CompareFaces" else "Image"
    client.create_collection(CollectionId=f"large-{name}")
    changes = {"CollectionId": f"large-{name}"} if "CollectionId" in MEMBERS[name] else {}
    too_large = {member: {"Bytes": draw(ANA) + bytes(MAX_IMAGE_BYTES)}}
    assert code(ask(client, name, **too_large, **changes)) == TOO_LARGE


@pytest.fixture(scope="module")
def failing() -> Iterator[AwsServing]:
    """A server whose store has been closed under it."""
    with aws_serving() as running:
        running.parts.records.close()
        yield running


@pytest.mark.parametrize(
    "name", [name for name in MEMBERS if name not in {"DetectFaces", "CompareFaces"}]
)
def test_a_store_that_fails(failing: AwsServing, name: str) -> None:
    error = ask(failing.client(), name)
    assert code(error) == "InternalServerError"
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
