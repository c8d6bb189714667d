"""Fixtures for every part of the suite."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import emulators
import pictures
from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import table_definition
from faceplate.adapters.onnx.weights import Weights
from faceplate.adapters.packages.artifacts import PackageArtifacts
from faceplate.config import Settings


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


def _point_at(url: str, patch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    for name, value in emulators.CREDENTIALS.items():
        patch.setenv(name, value)
    patch.setenv("AWS_ENDPOINT_URL", url)
