"""The database as a file: opened, refused, full, and put down."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.keys import SqliteKeys
from faceplate.adapters.sqlite.migrations import MIGRATIONS
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.domain.errors import (
    FaceplateError,
    InvalidParameter,
    Misconfigured,
    StorageCorrupt,
    StorageFailed,
    StorageFull,
)
from record_samples import (
    dump,
    make_collection,
    make_face,
    make_image,
    make_person,
    make_vector,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data folder %20?#" / "faceplate.db"


@pytest.fixture
def records(path: Path) -> Iterator[SqliteRecords]:
    kept = SqliteRecords(Database(path))
    yield kept
    kept.close()


def fill(records: SqliteRecords, faces: int = 50) -> None:
    with records.unit():
        records.put_collection(make_collection())
        records.put_image(make_image())
        records.put_faces([make_face(f"f{n}", embedding=make_vector(n, 192)) for n in range(faces)])


def make_filled(path: Path, faces: int = 50) -> None:
    records = SqliteRecords(Database(path))
    fill(records, faces)
    records.close()


def test_everything_survives_reopening(path: Path) -> None:
    records = SqliteRecords(Database(path))
    fill(records)
    before = dump(records)
    records.close()
    again = SqliteRecords(Database(path))
    assert dump(again) == before
    again.close()


def test_closing_leaves_one_file(path: Path) -> None:
    make_filled(path)
    assert [one.name for one in path.parent.iterdir()] == ["faceplate.db"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_files_are_for_their_owner_alone(records: SqliteRecords, path: Path) -> None:
    fill(records)
    records.backup_to(path.parent / "backup")
    modes = {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def damage_random(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def damage_emptied(path: Path) -> None:
    path.write_bytes(b"")


def damage_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 7])


def damage_middle(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[8192:-8192] = b"\xa5" * (len(raw) - 16384)
    path.write_bytes(bytes(raw))


def damage_header(path: Path) -> None:
    path.write_bytes(b"X" * 40 + path.read_bytes()[40:])


def damage_foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE faces (x)")


@pytest.mark.parametrize(
    "damage",
    [
        damage_random,
        damage_emptied,
        damage_cut,
        damage_middle,
        damage_header,
        damage_foreign,
    ],
)
def test_a_damaged_database_is_refused_and_left_alone(
    path: Path, damage: Callable[[Path], None]
) -> None:
    make_filled(path)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(StorageCorrupt) as caught:
        Database(path)
    assert str(path.parent) not in caught.value.message
    assert path.read_bytes() == before


def test_a_log_without_its_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    log = path.with_name("faceplate.db-wal")
    log.write_bytes(b"changes")
    with pytest.raises(StorageCorrupt):
        Database(path)
    assert [one.name for one in path.parent.iterdir()] == [log.name]


def test_what_an_interrupted_creation_left_is_replaced(path: Path) -> None:
    path.parent.mkdir()
    path.with_name("faceplate.db.new").write_bytes(b"half")
    path.with_name("faceplate.db.new-journal").write_bytes(b"half")
    make_filled(path)
    assert [one.name for one in path.parent.iterdir()] == ["faceplate.db"]


def m002_colours(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE people ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'")


def m002_broken(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE half (x)")
    connection.execute("INSERT INTO nowhere VALUES (1)")


def test_a_database_of_a_newer_version_is_refused(path: Path) -> None:
    Database(path, migrations=(*MIGRATIONS, m002_colours)).close()
    with pytest.raises(Misconfigured) as caught:
        Database(path)
    assert caught.value.code == "database_too_new"


def test_an_older_database_is_brought_up_to_date(path: Path) -> None:
    make_filled(path)
    database = Database(path, migrations=(*MIGRATIONS, m002_colours))
    with database.read() as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM migrations")]
        connection.execute("SELECT colour FROM people")
    assert names == [step.__name__ for step in (*MIGRATIONS, m002_colours)]
    assert SqliteRecords(database).size("c").faces == 50
    database.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(path: Path) -> None:
    make_filled(path)
    with pytest.raises(StorageFailed):
        Database(path, migrations=(*MIGRATIONS, m002_broken))
    records = SqliteRecords(Database(path))
    assert records.size("c").faces == 50
    records.close()


def test_a_backup_of_an_older_version_is_brought_up_to_date(path: Path, tmp_path: Path) -> None:
    old = SqliteRecords(Database(path))
    fill(old)
    before = dump(old)
    old.backup_to(tmp_path / "old backup")
    old.close()
    steps = (*MIGRATIONS, m002_colours)
    database = Database(tmp_path / "new" / "faceplate.db", migrations=steps)
    records = SqliteRecords(database)
    records.restore_from(tmp_path / "old backup")
    assert dump(records) == before
    with database.read() as connection:
        connection.execute("SELECT colour FROM people")
    records.backup_to(tmp_path / "new backup")
    records.close()
    older = SqliteRecords(Database(path))
    with pytest.raises(Misconfigured):
        older.restore_from(tmp_path / "new backup")
    assert dump(older) == before
    older.close()


def test_a_database_of_another_program_is_no_backup(records: SqliteRecords, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE notes (x)")
    with pytest.raises(StorageCorrupt):
        records.restore_from(tmp_path / "other.db")


def test_the_database_in_use_is_no_backup_of_itself(records: SqliteRecords, path: Path) -> None:
    fill(records)
    with pytest.raises(StorageCorrupt):
        records.restore_from(path)
    assert records.size("c").faces == 50


def test_a_backup_is_one_file_that_opens_as_a_data_folder(
    records: SqliteRecords, tmp_path: Path
) -> None:
    fill(records)
    records.backup_to(tmp_path / "copy.db")
    copy = SqliteRecords(Database(tmp_path / "copy.db"))
    assert dump(copy) == dump(records)
    copy.close()


def test_keys_are_part_of_a_backup(records: SqliteRecords, path: Path, tmp_path: Path) -> None:
    database = Database(tmp_path / "other" / "faceplate.db")
    SqliteKeys(database).count_request("k", make_person().created_at.date(), quota=None)
    SqliteRecords(database).backup_to(tmp_path / "backup")
    database.close()
    records.restore_from(tmp_path / "backup")
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT key_id, used FROM key_usage").fetchall() == [("k", 1)]


def test_a_full_disk_is_said_and_nothing_of_the_unit_is_kept(path: Path) -> None:
    database = Database(path)
    records = SqliteRecords(database)
    fill(records)
    before = dump(records)
    with database.exclusive() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 3}")
    many = [make_face(f"more{n}", embedding=make_vector(n, 192)) for n in range(500)]
    with pytest.raises(StorageFull):
        records.put_faces(many)
    assert dump(records) == before
    with pytest.raises(StorageFailed), records.unit():  # noqa: PT012 - a whole unit fails
        records.put_person(make_person())
        with pytest.raises(StorageFull):
            records.put_faces(many)
        records.put_person(make_person("too late"))
    assert dump(records) == before
    with database.exclusive() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    records.put_faces(many)
    assert records.size("c").faces == 550
    records.close()


def test_a_folder_in_the_way_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "faceplate.db").mkdir()
    with pytest.raises(StorageFailed):
        Database(tmp_path / "faceplate.db")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed):
        Database(tmp_path / "file" / "faceplate.db")


def test_text_that_is_not_unicode_is_the_callers_mistake(records: SqliteRecords) -> None:
    with pytest.raises(InvalidParameter):
        records.get_image("c", "\ud800")
    with pytest.raises(InvalidParameter):
        records.put_collection(make_collection("\ud800"))
    assert records.list_collections(limit=5).items == []


def open_connections() -> int:
    folder = Path("/proc/self/fd")
    return sum(
        one.readlink().name == "faceplate.db" for one in folder.iterdir() if one.is_symlink()
    )


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files in /proc")
def test_threads_that_end_leave_no_connection(records: SqliteRecords) -> None:
    fill(records)
    for _ in range(40):
        thread = threading.Thread(target=records.list_faces, args=("c",), kwargs={"limit": 5})
        thread.start()
        thread.join()
    assert open_connections() <= 2
    barrier = threading.Barrier(20)

    def read_together(_: int) -> None:
        batches = records.vectors("c", batch=10)
        next(batches)
        barrier.wait()
        list(batches)

    # SQLite itself holds closed files for the next connections, because closing one would drop
    # the locks of all; so there are at most as many as were ever open at once.
    for _ in range(5):
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(read_together, range(20)))
    assert len(records._database._idle) == 8
    assert open_connections() <= 21
    records.close()
    assert open_connections() == 0


def test_erased_faceprints_leave_no_bytes_behind(records: SqliteRecords, path: Path) -> None:
    records.put_collection(make_collection())
    secret = make_vector(4242, 192)
    records.put_faces([make_face("f", embedding=secret, metadata={"note": "zebra-crossing"})])
    records.put_person(make_person("zebra-person"))

    def leftovers() -> list[str]:
        files = path.parent.glob("faceplate.db*")
        contents = b"".join(one.read_bytes() for one in files if one.suffix != ".db-shm")
        needles = {"vector": secret.tobytes(), "face": b"zebra-cr", "person": b"zebra-pe"}
        return [name for name, needle in needles.items() if needle in contents]

    assert leftovers() == ["vector", "face", "person"]
    with records.unit():
        records.delete_faces("c", ["f"])
        records.delete_person("c", "zebra-person")
    assert leftovers() == []


def test_erased_faceprints_leave_once_the_last_reader_is_done(
    records: SqliteRecords, path: Path
) -> None:
    records.put_collection(make_collection())
    records.put_faces([make_face(f"f{n}", embedding=make_vector(n, 192)) for n in range(3)])
    reader = records.vectors("c", batch=1)
    next(reader)
    records.delete_faces("c", ["f1"])
    reader.close()
    records.put_person(make_person())
    contents = b"".join(one.read_bytes() for one in path.parent.glob("faceplate.db*"))
    assert make_vector(1, 192).tobytes() not in contents


def test_vectors_of_different_lengths_are_corruption(records: SqliteRecords) -> None:
    records.put_collection(make_collection())
    records.put_faces([make_face("a", embedding=make_vector(1, 8))])
    records.put_faces([make_face("b", embedding=make_vector(1, 9))])
    with pytest.raises(StorageCorrupt):
        list(records.vectors("c"))


def test_a_backup_cannot_be_restored_in_a_unit(records: SqliteRecords, tmp_path: Path) -> None:
    records.backup_to(tmp_path / "backup")
    with pytest.raises(FaceplateError), records.unit():
        records.restore_from(tmp_path / "backup")
