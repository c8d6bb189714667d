"""Fixtures for every part of the suite."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import emulators
import pictures
from aws_building import aws_settings, joined
from aws_serving import AwsServing, aws_serving
from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import table_definition
from faceplate.adapters.onnx.weights import Weights
from faceplate.adapters.packages.artifacts import PackageArtifacts
from faceplate.bootstrap.aws import AwsParts, build_aws
from faceplate.config import Settings
from faceplate.services.application import Application


@pytest.fixture(scope="session")
def astronaut() -> bytes:
    """One woman, 512 x 512, PNG."""
    return pictures.astronaut().read_bytes()


@pytest.fixture(scope="session")
def group_of_six() -> bytes:
    """Six people, 1280 x 886, JPEG."""
    return pictures.group_of_six().read_bytes()


@pytest.fixture(scope="session")
def weights(models_dir: Path) -> Weights:
    """The weights that set-up pulled; tests that ask for it carry the mark ``models``."""
    return Weights(models_dir, {}, PackageArtifacts())


@pytest.fixture(scope="session")
def models_dir() -> Path:
    return Settings().models_dir


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """S3, DynamoDB, SSM and more: one process for the whole session; names must not collide."""
    with emulators.ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture
def aws_environment(ministack_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point every AWS client of this process at the emulator; return its address."""
    _point_at(ministack_url, monkeypatch)
    return ministack_url


@pytest.fixture(scope="session")
def aws_clients(ministack_url: str) -> Iterator[AwsClients]:
    """Clients of the emulator that outlive a test, because making one takes a while."""
    clients = AwsClients()
    with pytest.MonkeyPatch.context() as patch:
        _point_at(ministack_url, patch)
        for service in ("dynamodb", "s3", "ssm"):
            getattr(clients, service)
    yield clients
    clients.close()


@pytest.fixture
def dynamo_table(aws_clients: AwsClients) -> Iterator[DynamoTable]:
    """A fresh table of the emulator."""
    name = f"records-{uuid.uuid4().hex}"
    aws_clients.dynamodb.create_table(**table_definition(name))
    yield DynamoTable(aws_clients, name)
    aws_clients.dynamodb.delete_table(TableName=name)


@pytest.fixture
def bucket(aws_clients: AwsClients) -> str:
    """A fresh bucket of the emulator."""
    name = f"pictures-{uuid.uuid4().hex}"
    place = {"LocationConstraint": emulators.REGION}
    aws_clients.s3.create_bucket(Bucket=name, CreateBucketConfiguration=place)
    return name


@pytest.fixture(scope="session")
def rekognition_server() -> Iterator[AwsServing]:
    """Faceplate with the memory engine, as the Rekognition that the adapter talks to."""
    with aws_serving() as running:
        yield running


@pytest.fixture(scope="session")
def rekognition_clients(rekognition_server: AwsServing) -> Iterator[AwsClients]:
    clients = AwsClients()
    with pytest.MonkeyPatch.context() as patch:
        _point_at(rekognition_server.url, patch)
        patch.setenv("AWS_ACCESS_KEY_ID", rekognition_server.access_key_id)
        patch.setenv("AWS_SECRET_ACCESS_KEY", rekognition_server.secret)
        clients.rekognition.list_collections()
    yield clients
    clients.close()


@pytest.fixture
def rekognition(
    rekognition_server: AwsServing, rekognition_clients: AwsClients
) -> Iterator[AwsClients]:
    """Rekognition without any collection; what a test leaves in it goes."""
    yield rekognition_clients
    application = rekognition_server.parts.application
    for collection in rekognition_server.parts.records.list_collections(limit=1000).items:
        application.recognizer.delete_collection(collection.collection_id)


@pytest.fixture
def all_aws(aws_clients: AwsClients, rekognition: AwsClients) -> AwsClients:
    """Clients of S3 and DynamoDB, and of Rekognition."""
    return joined(aws_clients, rekognition)


@pytest.fixture
def aws_parts(all_aws: AwsClients, dynamo_table: DynamoTable, bucket: str) -> AwsParts:
    """The adapters of mode aws, on a fresh table, bucket and Rekognition."""
    return AwsParts(aws_settings(bucket, dynamo_table.name), all_aws)


@pytest.fixture
def aws_application(aws_parts: AwsParts, bucket: str) -> Application:
    """The application of mode aws over `aws_parts`."""
    return build_aws(aws_settings(bucket, aws_parts.table.name), aws_parts)


def _point_at(url: str, patch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    for name, value in emulators.CREDENTIALS.items():
        patch.setenv(name, value)
    patch.setenv("AWS_ENDPOINT_URL", url)
