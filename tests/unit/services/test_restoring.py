"""What a restore takes in, and what it refuses with nothing changed."""

import io
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from build import ANA, BEN, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.blobs import MemoryBlobs
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.domain.errors import StorageCorrupt
from faceplate.domain.images import MAX_PICTURE_BYTES

Change = Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes] | None]


def make_backup(parts: MemoryParts, folder: Path) -> Path:
    parts.application.faces.index("a.png", draw(ANA))
    parts.application.backups.backup(folder / "good.tar")
    return folder / "good.tar"


def rewrite(good: Path, change: Change) -> Path:
    """Write a backup again with every picture in it changed, or left out."""
    bad = good.with_name("bad.tar")
    with tarfile.open(good) as source, tarfile.open(bad, "w:") as target:
        for member in source:
            handle = source.extractfile(member)
            changed: tuple[tarfile.TarInfo, bytes] | None = member, handle.read() if handle else b""
            if member.name.startswith("images/"):
                changed = change(*changed)
            if changed is not None:
                target.addfile(changed[0], io.BytesIO(changed[1]))
    return bad


def without(_member: tarfile.TarInfo, _data: bytes) -> None:
    return None


def zeroed(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return member, bytes(len(data))


def link(member: tarfile.TarInfo, _data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member.type, member.linkname, member.size = tarfile.SYMTYPE, "records.db", 0
    return member, b""


def sparse(member: tarfile.TarInfo, _data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    """Claim a hundred million zeros in a few bytes, as GNU tar's sparse format 1.0 can."""
    held = b"1\n100000000\n0\n".ljust(512, b"\0")
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": member.name,
        "GNU.sparse.realsize": "100000000",
    }
    member.size = len(held)
    return member, held


@pytest.mark.parametrize("change", [without, zeroed, link, sparse])
def test_a_backup_whose_pictures_are_missing_or_damaged_changes_nothing(
    parts: MemoryParts, tmp_path: Path, change: Change
) -> None:
    bad = rewrite(make_backup(parts, tmp_path), change)
    other = build_memory_application()
    other.application.faces.index("b.png", draw(BEN))
    tracemalloc.start()
    with pytest.raises(StorageCorrupt) as caught:
        other.application.backups.restore(bad)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    assert caught.value.code == "backup_invalid"
    assert [image.key for image in other.application.images.list().items] == ["b.png"]
    assert other.application.images.read("b.png")[1] == draw(BEN)
    assert len(list(other.blobs.names())) == 1


def test_a_picture_that_claims_more_than_any_may_have_is_refused_unread(
    parts: MemoryParts, tmp_path: Path
) -> None:
    def swell(member: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
        member.size = 10_000
        return member, data.ljust(10_000, b"\0")

    bad = rewrite(make_backup(parts, tmp_path), swell)
    with tarfile.open(bad) as archive:
        member = next(member for member in archive if member.name.startswith("images/"))
    member.size = MAX_PICTURE_BYTES + 1
    with bad.open("r+b") as file:
        file.seek(member.offset)
        file.write(member.tobuf())
        file.truncate(member.offset + MAX_PICTURE_BYTES + 1024)  # a hole: it takes no room
        file.seek(0, io.SEEK_END)
        file.write(tarfile.TarInfo("end").tobuf())
    with pytest.raises(StorageCorrupt, match="too large"):
        build_memory_application().application.backups.restore(bad)


def test_sparse_records_are_refused(parts: MemoryParts, tmp_path: Path) -> None:
    good, bad = make_backup(parts, tmp_path), tmp_path / "bad.tar"
    with tarfile.open(good) as source, tarfile.open(bad, "w:") as target:
        member, held = sparse(source.getmember("records.db"), b"")
        target.addfile(member, io.BytesIO(held))
        target.addfile(tarfile.TarInfo("end"))
    with pytest.raises(StorageCorrupt, match="no records"):
        parts.application.backups.restore(bad)


def test_what_is_here_already_need_not_be_in_the_backup(parts: MemoryParts, tmp_path: Path) -> None:
    bad = rewrite(make_backup(parts, tmp_path), without)
    assert parts.application.backups.restore(bad) == {"images": 1, "swept": 0}
    for name in list(parts.blobs.names()):
        parts.blobs.put(name, b"damaged")
    with pytest.raises(StorageCorrupt, match="missing"):
        parts.application.backups.restore(bad)


def test_a_restore_mends_a_damaged_picture(parts: MemoryParts, tmp_path: Path) -> None:
    good = make_backup(parts, tmp_path)
    for name in list(parts.blobs.names()):
        parts.blobs.put(name, b"damaged")
    parts.application.backups.restore(good)
    assert parts.application.images.read("a.png")[1] == draw(ANA)


def test_pictures_that_no_record_names_stay_in_the_archive(
    parts: MemoryParts, tmp_path: Path
) -> None:
    good = make_backup(parts, tmp_path)
    put: list[str] = []
    with tarfile.open(good, "a:") as archive:
        member = tarfile.TarInfo(f"images/aa/{'a' * 64}")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"more"))
    other = build_memory_application()
    keep = other.blobs.put

    def note(name: str, data: bytes) -> None:
        put.append(name)
        keep(name, data)

    other.blobs.put = note  # type: ignore[method-assign]
    assert other.application.backups.restore(good) == {"images": 1, "swept": 0}
    assert put == list(other.blobs.names())


class LosingBlobs(MemoryBlobs):
    """Blobs of which one is deleted by somebody else just before it is looked for."""

    losing = False

    def exists(self, name: str) -> bool:
        if self.losing:
            self.delete(name)
        return super().exists(name)


def test_a_picture_that_is_deleted_before_writers_wait_comes_in_once_more(tmp_path: Path) -> None:
    blobs = LosingBlobs()
    parts = build_memory_application(blobs=blobs)
    good = make_backup(parts, tmp_path)
    blobs.losing = True
    assert parts.application.backups.restore(good) == {"images": 1, "swept": 0}
    assert parts.application.images.read("a.png")[1] == draw(ANA)
    with pytest.raises(StorageCorrupt, match="missing"):
        parts.application.backups.restore(rewrite(good, without))


class OddRecords(MemoryRecords):
    """Records whose backups name bytes that are no picture's."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def blobs_in(self, _path: Path) -> dict[str, str]:
        return {self.name: "0" * 64}


@pytest.mark.parametrize("name", ["../outside", "elsewhere/a"])
def test_records_that_name_something_else_are_refused(
    parts: MemoryParts, tmp_path: Path, name: str
) -> None:
    good = make_backup(parts, tmp_path)
    other = build_memory_application(records=OddRecords(name))
    with pytest.raises(StorageCorrupt, match="something else"):
        other.application.backups.restore(good)
