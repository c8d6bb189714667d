"""What every keeper of records promises: units, threads, backups and the end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from faceplate.adapters.aws.records import DynamoRecords
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.domain.errors import (
    Conflict,
    InvalidQuery,
    NotFound,
    StorageCorrupt,
    StorageFailed,
    Unsupported,
)
from faceplate.ports.records import Records
from record_samples import (
    dump,
    make_audit,
    make_collection,
    make_face,
    make_image,
    make_person,
    make_token,
    make_upload,
    make_vector,
)


class Broken(Exception):
    """What a test raises inside a unit."""


def elsewhere(look: Callable[[], object]) -> object:
    """Return what another thread sees."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(look).result()


def fill(records: Records, collection_id: str = "c") -> None:
    """Put one of everything."""
    records.put_collection(make_collection(collection_id))
    records.put_faces(
        [make_face(f"f{n}", collection_id, embedding=make_vector(n)) for n in (1, 2, 3)]
    )
    records.put_image(make_image("i", collection_id))
    records.put_person(make_person("p", collection_id))
    records.put_upload(make_upload(f"u-{collection_id}", collection_id))
    records.put_request_token(make_token(f"t-{collection_id}", collection_id))
    records.add_audit(make_audit())


def test_a_unit_shows_to_others_when_it_ends(records: Records) -> None:
    with records.unit():
        fill(records)
        assert records.size("c").faces == 3
        assert sum(len(ids) for ids, _ in records.vectors("c")) == 3
        assert elsewhere(lambda: records.get_collection("c")) is None
        assert elsewhere(lambda: records.list_audit(limit=5).items) == []
    assert elsewhere(lambda: records.size("c").faces) == 3


def test_a_failed_unit_leaves_nothing(records: Records) -> None:
    fill(records)
    before = dump(records)
    with pytest.raises(Broken), records.unit():  # noqa: PT012 - a whole unit fails
        records.delete_faces("c", ["f1"])
        records.put_faces([make_face("f2", embedding=make_vector(9)), make_face("new")])
        records.delete_person("c", "p")
        records.delete_image("c", "i")
        records.put_collection(make_collection("d"))
        records.add_audit(make_audit())
        records.delete_collection("c")
        raise Broken
    assert dump(records) == before
    assert records.get_upload("u-c") == make_upload("u-c")
    assert records.get_request_token("AKIA", "t-c") == make_token("t-c")


def test_errors_of_the_caller_pass_through_a_unit(records: Records) -> None:
    for error in (OSError(28, "no space"), UnicodeError("x"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, records.unit():
            raise error
        assert caught.value is error


def test_nested_units_are_one_step(records: Records) -> None:
    with pytest.raises(Broken), records.unit():  # noqa: PT012 - a whole unit fails
        with records.unit():
            fill(records)
            with records.unit():
                records.put_faces([make_face("inner")])
        assert elsewhere(lambda: records.get_collection("c")) is None
        raise Broken
    assert records.get_collection("c") is None


def test_a_caught_error_of_an_inner_unit_takes_back_the_inner_writes(records: Records) -> None:
    with records.unit():
        fill(records)
        with pytest.raises(Broken), records.unit():  # noqa: PT012 - a whole unit fails
            records.put_faces([make_face("inner")])
            raise Broken
        with pytest.raises(NotFound):
            records.put_faces([make_face("half"), make_face("x", "nowhere")])
        records.put_faces([make_face("after")])
    assert records.get_faces("c", ["inner", "half", "after"]).keys() == {"after"}
    assert records.size("c").faces == 4


def test_a_refused_call_writes_nothing(records: Records) -> None:
    records.put_collection(make_collection())
    with pytest.raises(NotFound):
        records.put_faces([make_face("a"), make_face("b", "nowhere"), make_face("c")])
    assert records.size("c").faces == 0


def test_others_wait_to_write_and_do_not_wait_to_read(records: Records) -> None:
    records.put_collection(make_collection())
    started = threading.Event()

    def write() -> None:
        started.set()
        records.put_person(make_person("late"))

    with ThreadPoolExecutor(2) as pool:
        with records.unit():
            records.put_person(make_person("early"))
            writing = pool.submit(write)
            started.wait()
            assert pool.submit(lambda: records.size("c").people).result() == 0
            assert not writing.done()
        writing.result()
    assert records.size("c").people == 2


def test_units_of_many_threads_lose_nothing(records: Records) -> None:
    records.put_collection(make_collection())
    records.put_person(make_person("counter", metadata={"n": "0"}))

    def work(worker: int) -> None:
        for turn in range(15):
            with records.unit():
                counter = records.get_people("c", ["counter"])["counter"]
                number = int(counter.metadata["n"]) + 1
                records.put_person(make_person("counter", metadata={"n": str(number)}))
                faces = [make_face(f"{worker}-{turn}-{n}") for n in range(3)]
                records.put_faces([*faces])
            assert records.size("c").faces % 3 == 0

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert records.get_people("c", ["counter"])["counter"].metadata == {"n": "120"}
    assert records.size("c").faces == 360


def test_a_listing_of_vectors_shows_one_moment(records: Records) -> None:
    records.put_collection(make_collection())
    records.put_faces([make_face(f"f{n}", embedding=make_vector(n)) for n in range(9)])
    batches = records.vectors("c", batch=3)
    first_ids, _ = next(batches)
    elsewhere(lambda: records.delete_collection("c"))
    rest = [face_id for face_ids, _ in batches for face_id in face_ids]
    assert sorted([*first_ids, *rest]) == [f"f{n}" for n in range(9)]
    assert list(records.vectors("c")) == []


def test_a_listing_can_be_left_early(records: Records) -> None:
    fill(records)
    for _ in range(20):
        next(records.vectors("c", batch=1))
        next(records.blob_names())
    assert records.delete_collection("c")


def test_a_backup_brings_everything_back(records_with_backups: Records, tmp_path: Path) -> None:
    records = records_with_backups
    fill(records)
    fill(records, "ä")
    before = dump(records)
    records.backup_to(tmp_path / "backup")
    records.delete_collection("c")
    fill(records, "later")
    records.put_faces([make_face("f1", "ä", embedding=make_vector(77))])
    records.restore_from(tmp_path / "backup")
    assert dump(records) == before
    assert elsewhere(lambda: dump(records)) == before
    assert records.get_upload("u-c") == make_upload("u-c")
    assert records.get_request_token("AKIA", "t-c") == make_token("t-c")
    records.put_faces([make_face("works")])
    assert records.size("c").faces == 4


def test_a_backup_tells_which_bytes_it_names(records_with_backups: Records, tmp_path: Path) -> None:
    records = records_with_backups
    records.put_collection(make_collection())
    records.put_image(make_image("a.png", blob_name="images/a", sha256="a" * 64))
    records.put_image(make_image("erased.png", blob_name=None))
    records.backup_to(tmp_path / "backup")
    records.delete_image("c", "a.png")
    assert records.blobs_in(tmp_path / "backup") == {"images/a": "a" * 64}


def test_a_store_without_backups_says_so(records: Records, tmp_path: Path) -> None:
    fill(records)
    if not isinstance(records, DynamoRecords):
        records.backup_to(tmp_path / "backup")
        return
    for use in (records.backup_to, records.blobs_in, records.restore_from):
        with pytest.raises(Unsupported) as caught:
            use(tmp_path / "backup")
        assert caught.value.code == "backup_unsupported"


def test_a_backup_while_others_write_holds_whole_units(
    records_with_backups: Records, tmp_path: Path
) -> None:
    records = records_with_backups
    records.put_collection(make_collection())
    enough = threading.Event()

    def write(worker: int) -> None:
        turn = 0
        while not enough.is_set():
            with records.unit():
                names = [f"{worker}-{turn}-{n}" for n in range(5)]
                records.put_faces([make_face(name, embedding=make_vector(1)) for name in names])
                records.put_image(make_image(f"{worker}-{turn}"))
            turn += 1

    with ThreadPoolExecutor(3) as pool:
        writing = [pool.submit(write, worker) for worker in range(3)]
        for number in range(4):
            records.backup_to(tmp_path / str(number))
        enough.set()
        for one in writing:
            one.result()
    for number in range(4):
        records.restore_from(tmp_path / str(number))
        size = records.size("c")
        assert size.faces == 5 * size.images
        assert sum(len(ids) for ids, _ in records.vectors("c")) == size.faces


def test_a_backup_does_not_overwrite(records_with_backups: Records, tmp_path: Path) -> None:
    records = records_with_backups
    (tmp_path / "backup").write_bytes(b"precious")
    with pytest.raises(Conflict) as caught:
        records.backup_to(tmp_path / "backup")
    assert caught.value.code == "file_exists"
    assert (tmp_path / "backup").read_bytes() == b"precious"


def test_a_backup_that_cannot_be_written_says_so(
    records_with_backups: Records, tmp_path: Path
) -> None:
    records = records_with_backups
    with pytest.raises(StorageFailed):
        records.backup_to(tmp_path / "no such folder" / "backup")


@pytest.mark.parametrize("damage", ["missing", "empty", "random", "cut", "flipped", "folder"])
def test_what_is_not_a_backup_changes_nothing(
    records_with_backups: Records, tmp_path: Path, damage: str
) -> None:
    records = records_with_backups
    fill(records)
    before = dump(records)
    backup = tmp_path / "backup"
    records.backup_to(backup)
    whole = backup.read_bytes()
    backup.unlink()
    if damage == "folder":
        backup.mkdir()
    elif damage != "missing":
        middle = len(whole) // 2
        flipped = whole[:40] + bytes(byte ^ 0xFF for byte in whole[40:]) if whole else b""
        contents = {
            "empty": b"",
            "random": bytes(range(256)) * 100,
            "cut": whole[:middle],
            "flipped": flipped,
        }
        backup.write_bytes(contents[damage])
    for use in (records.restore_from, records.blobs_in):
        with pytest.raises(StorageCorrupt):
            use(backup)
    assert dump(records) == before


def test_a_query_is_answered_or_declared_unsupported(records: Records) -> None:
    fill(records)
    if isinstance(records, MemoryRecords):
        with pytest.raises(Unsupported):
            records.query("c", "SELECT FaceId FROM faces", limit=2)
        return
    result = records.query("c", "SELECT FaceId FROM faces ORDER BY FaceId", limit=2)
    assert list(result.columns) == ["FaceId"]
    assert [list(row) for row in result.rows] == [["f1"], ["f2"]]
    assert result.truncated
    with pytest.raises(InvalidQuery):
        records.query("c", "DELETE FROM faces", limit=2)
    assert records.size("c").faces == 3


def test_ping_of_a_working_store_is_silent(records: Records) -> None:
    records.ping()


def test_a_closed_store_refuses(records: Records) -> None:
    fill(records)
    records.close()
    records.close()
    for use in (
        records.ping,
        lambda: records.get_collection("c"),
        lambda: records.put_collection(make_collection()),
        lambda: list(records.blob_names()),
    ):
        with pytest.raises(StorageFailed) as caught:
            use()
        assert caught.value.code == "storage_closed"
