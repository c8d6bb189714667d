"""A database that another program holds for a moment: come back, nothing was changed."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest

from asgi_client import Client
from build import ANA, MAX_IMAGE_BYTES, build_memory_application, draw
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.keys import SqliteKeys
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.domain.errors import Busy, StorageFailed
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from record_samples import make_collection


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceplate.adapters.sqlite.files._BUSY_TIMEOUT_S", 0.05)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "faceplate.db")
    yield made
    made.close()


@contextmanager
def held(database: Database) -> Iterator[None]:
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_who_writes_is_told_when_to_come_back(database: Database) -> None:
    records, keys = SqliteRecords(database), SqliteKeys(database)
    for write in (
        lambda: records.put_collection(make_collection()),
        records.ping,
        lambda: keys.count_request("k", date(2030, 1, 1), quota=5),
        lambda: keys.count_requests("k", date(2030, 1, 1), 2, quota=5),
    ):
        with held(database), pytest.raises(Busy) as caught:
            write()
        assert (caught.value.code, caught.value.retry_after_s) == ("storage_busy", 5.0)
    records.put_collection(make_collection())
    assert keys.used("k", date(2030, 1, 1)) == 0


def test_who_reads_is_not_disturbed(database: Database) -> None:
    with held(database):
        assert SqliteRecords(database).get_collection("c") is None


def test_a_backup_inside_a_unit_is_no_matter_of_waiting(database: Database) -> None:
    with pytest.raises(StorageFailed) as caught, database.unit(), database.exclusive():
        pass
    assert caught.value.code == "storage_failed"


def test_the_api_answers_that_it_is_busy(database: Database) -> None:
    parts = build_memory_application(records=SqliteRecords(database))  # type: ignore[arg-type]
    app = create_app(
        parts.application, HttpOptions(max_image_bytes=MAX_IMAGE_BYTES, worker_threads=2)
    )
    client = Client(app, parts.application.keys.create("tests")[1])
    with held(database):
        answer = client.put("/v1/index/a.png", draw(ANA))
    assert (answer.status, answer.code) == (503, "storage_busy")
    assert answer.header("retry-after") == "5"
    assert client.put("/v1/index/a.png", draw(ANA)).status == 201
    with held(database):
        answer = client.put("/v1/index/b.png", draw(ANA))
    assert (answer.status, len(list(parts.blobs.names()))) == (503, 1)
    asyncio.run(app.state.backend.workers.close())
