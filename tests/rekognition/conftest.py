"""Operations over a server in memory, asked by boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aws_serving import AwsServing, aws_serving
from build import MemoryParts
from real_server import RealServer, real_server
from rekognition_calls import Invoke, asking
from served import require_weights


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServing]:
    """A server with an application of its own; tests name their collections apart."""
    with aws_serving() as running:
        yield running


@pytest.fixture(scope="module")
def client(aws: AwsServing) -> Any:
    """A boto3 client that leaves all checks to the server."""
    return aws.client()


@pytest.fixture
def fresh() -> Iterator[AwsServing]:
    """A server with nothing in it."""
    with aws_serving() as running:
        yield running


@pytest.fixture
def parts(fresh: AwsServing) -> MemoryParts:
    return fresh.parts


@pytest.fixture
def invoke(fresh: AwsServing) -> Invoke:
    return asking(fresh)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """A server process with the real engine, for the whole session; collections are named apart."""
    require_weights()
    with real_server(tmp_path_factory.mktemp("real")) as running:
        yield running
