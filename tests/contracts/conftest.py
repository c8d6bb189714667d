"""One fixture a port: every contract test runs on every adapter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from faceplate.adapters.aws.blobs import S3BlobStore
from faceplate.adapters.aws.records import DynamoRecords
from faceplate.adapters.aws.usage import DynamoUsage
from faceplate.adapters.exact.vectors import ExactVectors
from faceplate.adapters.files.blobs import FileBlobs
from faceplate.adapters.memory.blobs import MemoryBlobs
from faceplate.adapters.memory.keys import MemoryKeys
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.adapters.memory.usage import MemoryUsage
from faceplate.adapters.memory.vectors import MemoryVectors
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.keys import SqliteKeys
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.adapters.sqlite.usage import SqliteUsage
from faceplate.adapters.system.runtime import SystemRuntime
from faceplate.ports.blobs import Blobs
from faceplate.ports.keys import Keys
from faceplate.ports.records import Records
from faceplate.ports.runtime import Runtime
from faceplate.ports.usage import Usage
from faceplate.ports.vectors import Vectors


def make_records(kind: str, request: pytest.FixtureRequest) -> Records:
    if kind == "memory":
        return MemoryRecords()
    if kind == "sqlite":
        folder: Path = request.getfixturevalue("tmp_path")
        return SqliteRecords(Database(folder / "faceplate.db"))
    return DynamoRecords(request.getfixturevalue("dynamo_table"), bucket="bucket")


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
def records(request: pytest.FixtureRequest) -> Iterator[Records]:
    kept = make_records(request.param, request)
    yield kept
    kept.close()


@pytest.fixture(params=["memory", "sqlite"])
def records_with_backups(request: pytest.FixtureRequest) -> Iterator[Records]:
    """Stores that can be backed up to a file; the others say that they cannot."""
    kept = make_records(request.param, request)
    yield kept
    kept.close()


@pytest.fixture(params=["memory", "sqlite"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keys]:
    if request.param == "memory":
        yield MemoryKeys()
        return
    database = Database(tmp_path / "faceplate.db")
    yield SqliteKeys(database)
    database.close()


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
def usage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Usage]:
    if request.param == "memory":
        yield MemoryUsage()
        return
    if request.param == "dynamodb":
        yield DynamoUsage(request.getfixturevalue("dynamo_table"))
        return
    database = Database(tmp_path / "keys.db")
    yield SqliteUsage(database)
    database.close()


@pytest.fixture(params=["memory", "files", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "s3":
        clients = request.getfixturevalue("aws_clients")
        return S3BlobStore(clients, request.getfixturevalue("bucket"))
    return MemoryBlobs() if request.param == "memory" else FileBlobs(tmp_path / "blobs")


@pytest.fixture(params=["memory", "exact"])
def vectors(request: pytest.FixtureRequest) -> Vectors:
    return MemoryVectors() if request.param == "memory" else ExactVectors()


@pytest.fixture(params=["fixed", "system"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return FixedRuntime() if request.param == "fixed" else SystemRuntime()
