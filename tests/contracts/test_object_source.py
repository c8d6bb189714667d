"""What every source of objects promises: the memory one and S3, as ministack plays it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from botocore.session import get_session

from faceplate.adapters.aws.object_source import S3ObjectSource
from faceplate.adapters.memory.object_source import MemoryObjectSource
from faceplate.domain.errors import ImageTooLarge, NotFound, UpstreamFailed
from faceplate.ports.object_source import ObjectSource

BUCKET = "object-source-contract"


@dataclass(frozen=True)
class Stocked:
    """A source whose ``a b.jpg`` is ``new`` and was ``old``, and the names of these versions."""

    source: ObjectSource
    old: str
    new: str


@pytest.fixture(params=["memory", "s3"])
def stocked(request: pytest.FixtureRequest) -> Iterator[Stocked]:
    if request.param == "memory":
        objects = {(BUCKET, "a b.jpg"): [b"old", b"new"]}
        yield Stocked(MemoryObjectSource(objects), "v1", "v2")
        return
    request.getfixturevalue("aws_environment")
    client = get_session().create_client("s3")
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    made = [
        client.put_object(Bucket=BUCKET, Key="a b.jpg", Body=body)["VersionId"]
        for body in (b"old", b"new")
    ]
    yield Stocked(S3ObjectSource(), *made)
    for version in made:
        client.delete_object(Bucket=BUCKET, Key="a b.jpg", VersionId=version)
    client.delete_bucket(Bucket=BUCKET)


def test_an_object_is_read_in_the_version_asked_for(stocked: Stocked) -> None:
    read = stocked.source.read
    assert read(BUCKET, "a b.jpg", version=None, max_bytes=3) == b"new"
    assert read(BUCKET, "a b.jpg", version=stocked.old, max_bytes=3) == b"old"
    assert read(BUCKET, "a b.jpg", version=stocked.new, max_bytes=3) == b"new"


@pytest.mark.parametrize(
    ("bucket", "name", "version"),
    [
        ("no-such-bucket-here", "a b.jpg", None),
        (BUCKET, "none.jpg", None),
        (BUCKET, "a b.jpg", "no-such-version"),
    ],
)
def test_what_is_not_there_is_said_so(
    stocked: Stocked, bucket: str, name: str, version: str | None
) -> None:
    with pytest.raises(NotFound) as caught:
        stocked.source.read(bucket, name, version=version, max_bytes=3)
    assert caught.value.code == "s3_object_unavailable"


@pytest.mark.usefixtures("aws_environment")
def test_an_s3_that_does_not_answer_is_not_the_callers_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(UpstreamFailed):
        S3ObjectSource().read(BUCKET, "a", version=None, max_bytes=3)


def test_an_object_that_is_too_large_is_not_read(stocked: Stocked) -> None:
    with pytest.raises(ImageTooLarge):
        stocked.source.read(BUCKET, "a b.jpg", version=None, max_bytes=2)
