"""Two servers on one data folder: the second refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faceplate.adapters.files.lock import LOCK_FILE_NAME, DataFolderLock, read_note
from faceplate.domain.errors import DataFolderInUse, StorageFailed

HOLD = """
import sys
from pathlib import Path
from faceplate.adapters.files.lock import DataFolderLock
lock = DataFolderLock(Path(sys.argv[1]))
lock.describe({"url": "http://127.0.0.1:8000"})
print("held", flush=True)
sys.stdin.read()
"""


def test_the_second_holder_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    with DataFolderLock(tmp_path) as lock:
        lock.describe({"url": "http://127.0.0.1:8000"})
        with pytest.raises(DataFolderInUse) as caught:
            DataFolderLock(tmp_path)
    assert caught.value.details == {"pid": os.getpid(), "url": "http://127.0.0.1:8000"}
    assert str(tmp_path) not in caught.value.message


def test_a_released_folder_can_be_held_again(tmp_path: Path) -> None:
    lock = DataFolderLock(tmp_path / "new" / "folder")
    lock.close()
    lock.close()
    with pytest.raises(StorageFailed):
        lock.describe({})
    with DataFolderLock(tmp_path / "new" / "folder"):
        pass


def test_a_note_is_replaced_whole(tmp_path: Path) -> None:
    with DataFolderLock(tmp_path) as lock:
        lock.describe({"url": "http://a.much.longer.address.example:8000"})
        lock.describe({"url": "x"})
        assert read_note(tmp_path) == {"pid": os.getpid(), "url": "x"}
    assert read_note(tmp_path) == {}


@pytest.mark.parametrize("contents", [b"", b"{", b"\xff\xfe", b"[1]", None])
def test_what_is_no_note_is_an_empty_one(tmp_path: Path, contents: bytes | None) -> None:
    if contents is not None:
        (tmp_path / LOCK_FILE_NAME).write_bytes(contents)
    assert read_note(tmp_path) == {}


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed):
        DataFolderLock(tmp_path / "file")


def test_another_process_is_refused_until_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DataFolderInUse) as caught:
            DataFolderLock(tmp_path)
        assert caught.value.details["pid"] == holder.pid
        holder.kill()
        holder.wait()
        with DataFolderLock(tmp_path):
            assert read_note(tmp_path) == {"pid": os.getpid()}
