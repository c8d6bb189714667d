"""Real faces beside an emulator of the rest of AWS: what the how-to says, done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import emulators
from real_server import RealServer, real_server

pytestmark = [pytest.mark.models, pytest.mark.slow]

BUCKET = "holiday-pictures"


@pytest.fixture(params=["moto", "ministack"])
def beside(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealServer]:
    """A server that may read one bucket of an emulator, and a client of both."""
    run = {"moto": emulators.moto, "ministack": emulators.ministack}[request.param]
    with run(tmp_path) as url:
        settings = {
            **emulators.CREDENTIALS,
            "AWS_ENDPOINT_URL": url,
            "FACEPLATE_REKOGNITION__S3_BUCKETS": BUCKET,
        }
        with real_server(tmp_path, settings) as server:
            both = {**server.environment, "AWS_ENDPOINT_URL_S3": url}
            yield replace(server, environment=both)


def test_pictures_of_the_emulators_s3_are_recognised(
    beside: RealServer, astronaut: bytes, group_of_six: bytes
) -> None:
    s3, rekognition = beside.client("s3"), beside.client("rekognition")
    for bucket in (BUCKET, "private-things"):
        where = {"LocationConstraint": "eu-west-1"}
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        s3.put_object(Bucket=bucket, Key="set/portrait 1.png", Body=astronaut)
    s3.put_object(Bucket=BUCKET, Key="six.jpg", Body=group_of_six)
    s3.put_object(Bucket=BUCKET, Key="large.jpg", Body=bytes(15 * 1024 * 1024 + 1))

    def place(name: str, bucket: str = BUCKET) -> dict[str, dict[str, str]]:
        return {"S3Object": {"Bucket": bucket, "Name": name}}

    rekognition.create_collection(CollectionId="c")
    rekognition.index_faces(CollectionId="c", Image=place("six.jpg"), ExternalImageId="six")
    rekognition.index_faces(
        CollectionId="c", Image=place("set/portrait 1.png"), ExternalImageId="portrait"
    )
    found = rekognition.search_faces_by_image(CollectionId="c", Image={"Bytes": astronaut})
    assert [match["Face"]["ExternalImageId"] for match in found["FaceMatches"]] == ["portrait"]
    errors = rekognition.exceptions
    for missing in (place("none.jpg"), place("set/portrait 1.png", "private-things")):
        with pytest.raises(errors.InvalidS3ObjectException):
            rekognition.detect_faces(Image=missing)
    with pytest.raises(errors.ImageTooLargeException):
        rekognition.detect_faces(Image=place("large.jpg"))
