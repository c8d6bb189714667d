"""Files are written whole, and never over another one."""

import pytest

from faceplate.cli.files import new_file, write_new_file
from faceplate.cli.options import parse_metadata, read_picture
from faceplate.domain.errors import Conflict, InvalidInput, InvalidParameter


def test_writes(tmp_path):
    write_new_file(tmp_path / "a.bin", b"data")
    assert (tmp_path / "a.bin").read_bytes() == b"data"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_refuses_to_overwrite(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"old")
    with pytest.raises(Conflict) as caught:
        write_new_file(tmp_path / "a.bin", b"new")
    assert caught.value.code == "file_exists"
    assert (tmp_path / "a.bin").read_bytes() == b"old"


def test_a_failure_leaves_nothing(tmp_path):
    def fail(partial):
        partial.write_bytes(b"half")
        raise RuntimeError

    with pytest.raises(RuntimeError), new_file(tmp_path / "a.bin") as partial:
        fail(partial)
    assert list(tmp_path.iterdir()) == []


def test_no_such_folder(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        write_new_file(tmp_path / "nowhere" / "a.bin", b"")
    assert caught.value.code == "file_unwritable"


def test_metadata_pairs():
    assert parse_metadata(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    assert parse_metadata(None) == {}


@pytest.mark.parametrize("pair", ["a", "=1"])
def test_metadata_needs_a_name_and_a_sign(pair):
    with pytest.raises(InvalidParameter):
        parse_metadata([pair])


def test_unreadable_picture(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        read_picture(tmp_path / "none.jpg")
    assert caught.value.code == "file_unreadable"
