"""Operations called in process, and over a server; in memory both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aws_serving import AwsServing, aws_serving
from build import MemoryParts, build_memory_application
from rekognition_calls import Invoke, invoking


@pytest.fixture
def parts() -> MemoryParts:
    return build_memory_application()


@pytest.fixture
def invoke(parts: MemoryParts) -> Invoke:
    return invoking(parts.application)


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServing]:
    """A server with an application of its own; tests name their collections apart."""
    with aws_serving() as running:
        yield running


@pytest.fixture(scope="module")
def client(aws: AwsServing) -> Any:
    """A boto3 client that leaves all checks to the server."""
    return aws.client()
