"""One fixture a port: every contract test runs on every adapter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.fixture(params=["memory", "sqlite"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    kept: Records
    if request.param == "memory":
        kept = MemoryRecords()
    else:
        kept = SqliteRecords(Database(tmp_path / "faceplate.db"))
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


@pytest.fixture(params=["memory", "sqlite"])
def usage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Usage]:
    if request.param == "memory":
        yield MemoryUsage()
        return
    database = Database(tmp_path / "keys.db")
    yield SqliteUsage(database)
    database.close()


@pytest.fixture(params=["memory", "files"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return MemoryBlobs() if request.param == "memory" else FileBlobs(tmp_path / "blobs")


@pytest.fixture(params=["memory", "exact"])
def vectors(request: pytest.FixtureRequest) -> Vectors:
    return MemoryVectors() if request.param == "memory" else ExactVectors()


@pytest.fixture(params=["fixed", "system"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return FixedRuntime() if request.param == "fixed" else SystemRuntime()
