"""Files on a disk that may be full, read-only or left behind by a crash."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from faceplate.adapters.files import blobs as module
from faceplate.adapters.files.blobs import FileBlobs
from faceplate.domain.errors import StorageFailed, StorageFull


def files_below(root: Path) -> list[str]:
    return sorted(str(one.relative_to(root)) for one in root.rglob("*") if one.is_file())


def test_bytes_survive_reopening(tmp_path: Path) -> None:
    FileBlobs(tmp_path / "new" / "root").put("a/b", b"kept")
    assert FileBlobs(tmp_path / "new" / "root").get("a/b") == b"kept"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    root = tmp_path / "blobs"
    FileBlobs(root).put("a/b/c", b"x")
    assert stat.S_IMODE((root / "a/b/c").stat().st_mode) == 0o600
    folders = [root, root / "a", root / "a/b", root / ".incoming"]
    assert {stat.S_IMODE(one.stat().st_mode) for one in folders} == {0o700}


def test_what_a_crash_left_is_swept_and_never_listed(tmp_path: Path) -> None:
    store = FileBlobs(tmp_path)
    store.put("kept", b"x")
    leftover = tmp_path / ".incoming" / "0123.tmp"
    leftover.write_bytes(b"half")
    assert list(store.names()) == ["kept"]
    again = FileBlobs(tmp_path)
    assert not leftover.exists()
    assert list(again.names()) == ["kept"]


def refuse(error_number: int) -> Any:
    def fail(*_: object) -> None:
        raise OSError(error_number, "from the system")

    return fail


@pytest.mark.parametrize("error_number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("step", ["fsync", "open"])
def test_a_full_disk_is_said_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error_number: int, step: str
) -> None:
    store = FileBlobs(tmp_path)
    store.put("a", b"old")
    with monkeypatch.context() as patch:
        patch.setattr(module.os, step, refuse(error_number))
        with pytest.raises(StorageFull) as caught:
            store.put("a", b"new")
        with pytest.raises(StorageFull):
            store.ping()
    assert "from the system" not in caught.value.message
    assert files_below(tmp_path) == ["a"]
    assert store.get("a") == b"old"


def test_other_errors_of_the_system_are_storage_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileBlobs(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fsync", refuse(errno.EIO))
        with pytest.raises(StorageFailed) as caught:
            store.put("a", b"x")
    assert not isinstance(caught.value, StorageFull)
    assert files_below(tmp_path) == []


def test_a_name_below_a_file_cannot_be_kept(tmp_path: Path) -> None:
    store = FileBlobs(tmp_path)
    store.put("a", b"x")
    with pytest.raises(StorageFailed):
        store.put("a/b", b"y")
    assert store.get("a") == b"x"
    assert not store.exists("a/b")
    assert not store.delete("a/b")


def test_a_file_in_the_way_of_the_root_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "root").write_bytes(b"")
    with pytest.raises(StorageFailed):
        FileBlobs(tmp_path / "root")


def test_every_new_name_is_made_durable_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    store = FileBlobs(tmp_path)
    monkeypatch.setattr(module, "_sync_folder", lambda folder: synced.append(str(folder)))
    store.put("a/b/c", b"x")
    assert synced == [str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a/b")]
    store.delete("a/b/c")
    assert synced[3:] == [str(tmp_path / "a/b")]
