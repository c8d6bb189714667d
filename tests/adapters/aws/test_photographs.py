"""Photographs of people in mode aws, with the real engine behind Rekognition's protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_building import aws_settings, joined
from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.table import DynamoTable
from faceplate.bootstrap import build, http_options
from faceplate.bootstrap.aws import AwsParts, build_aws
from faceplate.config import Settings
from faceplate.domain.keys import KeyKind, KeyScope
from faceplate.http.app import create_app
from faceplate.services.application import Application
from live_server import serving

pytestmark = pytest.mark.models


@pytest.fixture
def application(
    aws_clients: AwsClients,
    dynamo_table: DynamoTable,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Application]:
    """The application of mode aws over a Faceplate with everything embedded."""
    settings = Settings(_env_file=None, data_dir=tmp_path)
    embedded = build(settings)
    key, secret = embedded.keys.create("tests", kind=KeyKind.AWS, scope=KeyScope.WRITE)
    with serving(create_app(embedded, http_options(settings))) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        recognition = AwsClients()
        wanted = aws_settings(
            bucket, dynamo_table.name, max_image_bytes=15_728_640, max_image_pixels=100_000_000
        )
        yield build_aws(wanted, AwsParts(wanted, joined(aws_clients, recognition)))
        recognition.close()
    embedded.close()


def test_everybody_in_a_photograph_is_found(
    application: Application, astronaut: bytes, group_of_six: bytes
) -> None:
    group = application.faces.index("group.jpg", group_of_six)
    assert len(group.faces) == 6
    application.faces.index("astronaut.png", astronaut)
    answer = application.faces.search(astronaut)
    assert [match.face.image_key for match in answer.answers[0].faces] == ["astronaut.png"]
    everybody = application.faces.search(group_of_six, all_faces=True).answers
    assert len(everybody) == 6
    best = [each.faces[0].face.face_id for each in everybody if each.faces]
    # Each is found, cut out of the picture, as the face it was indexed as.
    assert best == [face.face_id for face in group.faces]
