"""The file a server leaves for the command line of the same user."""

import os
import stat

import pytest

from faceplate.adapters.files.lock import DataFolderLock
from faceplate.cli import server_file
from faceplate.cli.connect import is_locked, running_server
from faceplate.cli.server_file import RunningServer
from faceplate.domain.errors import StorageFailed

SERVER = RunningServer(pid=os.getpid(), url="http://127.0.0.1:1", token="t" * 64)


def test_round_trip_readable_by_the_owner_only(tmp_path):
    server_file.write(tmp_path, SERVER)
    assert stat.S_IMODE((tmp_path / "server.json").stat().st_mode) == 0o600
    assert server_file.read(tmp_path) == SERVER


def test_writing_again_replaces(tmp_path):
    server_file.write(tmp_path, SERVER)
    (tmp_path / "server.json.partial").write_text("left by a crash")
    other = RunningServer(pid=1, url="http://127.0.0.1:2", token="u")
    server_file.write(tmp_path, other)
    assert server_file.read(tmp_path) == other


def test_remove_twice(tmp_path):
    server_file.write(tmp_path, SERVER)
    server_file.remove(tmp_path)
    server_file.remove(tmp_path)
    assert server_file.read(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": "x", "url": "u", "token": "t"}'])
def test_nonsense_is_no_server(tmp_path, text):
    path = tmp_path / "server.json"
    path.write_text(text)
    path.chmod(0o600)
    assert server_file.read(tmp_path) is None


def test_a_file_others_could_have_written_is_not_trusted(tmp_path):
    server_file.write(tmp_path, SERVER)
    (tmp_path / "server.json").chmod(0o660)
    assert server_file.read(tmp_path) is None


def test_a_link_is_not_trusted(tmp_path):
    server_file.write(tmp_path, SERVER)
    (tmp_path / "server.json").rename(tmp_path / "elsewhere.json")
    (tmp_path / "server.json").symlink_to(tmp_path / "elsewhere.json")
    assert server_file.read(tmp_path) is None


def test_no_folder(tmp_path):
    with pytest.raises(StorageFailed):
        server_file.write(tmp_path / "nowhere", SERVER)


def test_a_file_without_a_lock_is_of_a_server_that_is_gone(tmp_path):
    server_file.write(tmp_path, SERVER)
    assert running_server(tmp_path) is None
    with DataFolderLock(tmp_path):
        assert running_server(tmp_path) == SERVER
    assert running_server(tmp_path) is None


def test_a_dead_process_is_no_server(tmp_path):
    dead = RunningServer(pid=2**22 + 1, url="http://127.0.0.1:1", token="t")
    with DataFolderLock(tmp_path):
        server_file.write(tmp_path, dead)
        assert running_server(tmp_path) is None


def test_looking_for_the_lock_makes_no_folder(tmp_path):
    assert not is_locked(tmp_path / "new")
    assert not (tmp_path / "new").exists()
