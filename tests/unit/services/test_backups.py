import errno
import io
import stat
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from build import ANA, BEN, CAM, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.blobs import MemoryBlobs
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.domain.errors import (
    Conflict,
    InvalidInput,
    InvalidParameter,
    StorageCorrupt,
    StorageFailed,
    StorageFull,
)
from faceplate.services.backups import Backups


def test_a_backup_brings_everything_back(parts: MemoryParts, tmp_path: Path) -> None:
    app = parts.application
    kept = app.faces.index("a.png", draw(ANA))
    app.people.assign(app.people.create("Ana").person_id, [kept.faces[0].face_id])
    path = tmp_path / "backup.tar"
    assert app.backups.backup(path)["images"] == 1
    app.images.delete("a.png")
    app.faces.index("b.png", draw(BEN))
    assert app.backups.restore(path) == {"images": 1, "swept": 1}
    answer = app.faces.search(draw(ANA)).answers[0]
    assert answer.people[0].person.name == "Ana"
    assert app.faces.search(draw(BEN)).answers[0].faces == []
    assert app.images.read("a.png")[1] == draw(ANA)
    assert list(tmp_path.iterdir()) == [path]


def test_a_backup_moves_to_another_installation(parts: MemoryParts, tmp_path: Path) -> None:
    parts.application.faces.index("a.png", draw(ANA))
    parts.application.backups.backup(tmp_path / "backup.tar")
    other = build_memory_application().application
    other.backups.restore(tmp_path / "backup.tar")
    assert len(other.faces.search(draw(ANA)).answers[0].faces) == 1


def test_an_existing_file_is_never_overwritten(parts: MemoryParts, tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    path.write_text("mine")
    with pytest.raises(Conflict) as caught:
        parts.application.backups.backup(path)
    assert caught.value.code == "file_exists"
    assert path.read_text() == "mine"


class VanishingBlobs(MemoryBlobs):
    """Blobs of which one is deleted by somebody else just before it is read."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.before_reading = lambda: None

    def get(self, name: str) -> bytes:
        if self.times:
            self.times -= 1
            self.before_reading()
        return super().get(name)


@pytest.mark.parametrize("times", [1, 100])
def test_pictures_deleted_meanwhile_start_the_copy_again(tmp_path: Path, times: int) -> None:
    blobs = VanishingBlobs(times)
    app = build_memory_application(blobs=blobs).application
    app.faces.index("stays.png", draw(CAM))
    for number in range(times):
        app.faces.index(f"{number}.png", draw(ANA, size=(400 + number, 200)))

    def delete_one() -> None:
        doomed = [image.key for image in app.images.list().items if image.key != "stays.png"]
        image = app.images.get(doomed[0])
        app.images.delete(image.key)
        if times == 1:
            return
        # The name that is about to be read is gone as well, so every round is disturbed.
        for name in list(blobs.names()):
            blobs.delete(name)

    blobs.before_reading = delete_one
    if times == 1:
        assert app.backups.backup(tmp_path / "b.tar")["images"] == 1
    else:
        with pytest.raises(Conflict) as caught:
            app.backups.backup(tmp_path / "b.tar")
        assert caught.value.code == "backup_disturbed"
        assert list(tmp_path.iterdir()) == []


def test_what_is_no_backup_changes_nothing(parts: MemoryParts, tmp_path: Path) -> None:
    app = parts.application
    app.faces.index("a.png", draw(ANA))
    text = tmp_path / "text.tar"
    text.write_text("not a tar file " * 100)
    empty = tmp_path / "empty.tar"
    with tarfile.open(empty, "w:") as archive:
        archive.addfile(tarfile.TarInfo("end"))
    folder = tmp_path / "folder.tar"
    with tarfile.open(folder, "w:") as archive:
        member = tarfile.TarInfo("records.db")
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
        archive.addfile(tarfile.TarInfo("end"))
    foreign = tmp_path / "foreign.tar"
    with tarfile.open(foreign, "w:") as archive:
        member = tarfile.TarInfo("records.db")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"abcd"))
        archive.addfile(tarfile.TarInfo("end"))
    for path in (text, empty, folder, foreign):
        with pytest.raises(StorageCorrupt):
            app.backups.restore(path)
    for missing in (tmp_path / "missing.tar", tmp_path, text / "below.tar"):
        with pytest.raises(InvalidInput) as caught:
            app.backups.restore(missing)
        assert caught.value.code == "backup_not_found"
    assert len(app.faces.search(draw(ANA)).answers[0].faces) == 1


def test_members_that_are_not_ours_are_left_in_the_archive(
    parts: MemoryParts, tmp_path: Path
) -> None:
    app = parts.application
    app.faces.index("a.png", draw(ANA))
    path = tmp_path / "backup.tar"
    app.backups.backup(path)
    with tarfile.open(path, "a:") as archive:
        for name in ("../outside", "/etc/outside", "images/link"):
            member = tarfile.TarInfo(name)
            if name.endswith("link"):
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(member)
    assert app.backups.restore(path)["images"] == 1
    assert len(list(parts.blobs.names())) == 1
    assert isinstance(app.backups, Backups)


def test_a_backup_that_was_cut_off_between_two_pictures_is_refused(
    parts: MemoryParts, tmp_path: Path
) -> None:
    app = parts.application
    for name, colour in (("a.png", ANA), ("b.png", BEN)):
        app.faces.index(name, draw(colour))
    whole, cut = tmp_path / "whole.tar", tmp_path / "cut.tar"
    app.backups.backup(whole)
    with tarfile.open(whole) as archive:
        last = [member for member in archive if member.name.startswith("images/")][-1]
    cut.write_bytes(whole.read_bytes()[: last.offset])
    other = build_memory_application()
    with pytest.raises(StorageCorrupt) as caught:
        other.application.backups.restore(cut)
    assert caught.value.code == "backup_invalid"
    assert other.application.images.list().items == []
    assert list(other.blobs.names()) == []


def test_a_backup_is_readable_by_its_owner_alone(parts: MemoryParts, tmp_path: Path) -> None:
    path = tmp_path / "backup.tar"
    path.with_name("backup.tar.partial").write_text("left by a crash, readable by all")
    parts.application.backups.backup(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_what_the_disk_says_is_told_and_leaves_no_file(
    parts: MemoryParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    app = parts.application
    app.faces.index("a.png", draw(ANA))
    app.backups.backup(tmp_path / "good.tar")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr("tarfile.TarFile.addfile", refuse)
    monkeypatch.setattr("tarfile.TarFile.extractfile", refuse)
    expected = StorageFull if number == errno.ENOSPC else StorageFailed
    for call in (app.backups.backup, app.backups.restore):
        with pytest.raises(StorageFailed) as caught:
            call(tmp_path / ("b.tar" if call == app.backups.backup else "good.tar"))
        assert type(caught.value) is expected
    assert [path.name for path in tmp_path.iterdir()] == ["good.tar"]


def test_a_backup_needs_a_folder(parts: MemoryParts, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter):
        parts.application.backups.backup(tmp_path / "missing" / "backup.tar")


class HookedRecords(MemoryRecords):
    """Records that let somebody act just before they are replaced."""

    def __init__(self) -> None:
        super().__init__()
        self.before_restoring: Callable[[], object] = bool

    def restore_from(self, path: Path) -> None:
        self.before_restoring()
        super().restore_from(path)


def test_a_picture_that_is_deleted_during_a_restore_comes_back_whole(tmp_path: Path) -> None:
    records = HookedRecords()
    app = build_memory_application(records=records).application
    app.faces.index("a.png", draw(ANA))
    app.backups.backup(tmp_path / "backup.tar")
    deletion = threading.Thread(target=lambda: app.images.delete("a.png"))

    def delete() -> None:
        deletion.start()
        deletion.join(0.3)  # it must wait for the restore; were it let in, it would end in here
        assert deletion.is_alive()

    records.before_restoring = delete
    app.backups.restore(tmp_path / "backup.tar")
    deletion.join()
    assert app.images.list().items == []
    assert app.faces.list_faces().items == []


def test_a_restore_that_fails_leaves_no_bytes_behind(
    parts: MemoryParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.application.faces.index("a.png", draw(ANA))
    parts.application.backups.backup(tmp_path / "backup.tar")
    other = build_memory_application()

    def refuse(*_: object) -> None:
        raise StorageCorrupt("The backup cannot be read.")

    monkeypatch.setattr(other.records, "restore_from", refuse)
    with pytest.raises(StorageCorrupt):
        other.application.backups.restore(tmp_path / "backup.tar")
    assert list(other.blobs.names()) == []
