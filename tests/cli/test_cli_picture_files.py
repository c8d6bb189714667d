"""Finding pictures: what is taken, under which key, and what is passed over."""

import os
from pathlib import Path

import pytest

from faceplate.cli.picture_files import PersonFrom, PictureFile, find_pictures
from faceplate.domain.errors import InvalidInput


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def keys(found):
    return [picture.key for picture in found.pictures]


def test_folder_gives_paths_inside_it_in_order(tmp_path):
    make(tmp_path, "b/two.PNG", "a.jpg", "b/c/three.webp")
    assert keys(find_pictures([str(tmp_path)])) == ["a.jpg", "b/two.PNG", "b/c/three.webp"]


def test_hidden_and_other_files_are_counted_and_passed_over(tmp_path):
    make(tmp_path, "a.jpg", ".hidden.jpg", ".git/b.jpg", "notes.txt", "jpg")
    found = find_pictures([str(tmp_path)])
    assert keys(found) == ["a.jpg"]
    assert (found.hidden, found.other_files) == (2, 2)


def test_a_file_named_by_itself_is_taken_whatever_its_ending(tmp_path):
    make(tmp_path, "scan")
    assert keys(find_pictures([str(tmp_path / "scan")])) == ["scan"]


def test_pattern_gives_keys_below_its_fixed_part(tmp_path):
    make(tmp_path, "x/1.jpg", "y/1.jpg", "y/readme.md")
    found = find_pictures([str(tmp_path / "*" / "*.*")])
    assert keys(found) == ["x/1.jpg", "y/1.jpg"]
    assert found.other_files == 1


def test_pattern_may_match_folders(tmp_path):
    make(tmp_path, "photos1/a.jpg", "photos2/b/c.jpg", "other/d.jpg")
    assert keys(find_pictures([str(tmp_path / "photos*")])) == ["photos1/a.jpg", "photos2/b/c.jpg"]


def test_relative_paths(tmp_path, monkeypatch):
    make(tmp_path, "a.jpg", "b/c.jpg")
    monkeypatch.chdir(tmp_path)
    assert keys(find_pictures(["."])) == ["a.jpg", "b/c.jpg"]
    assert keys(find_pictures(["**/*.jpg"])) == ["a.jpg", "b/c.jpg"]


def test_links_in_a_circle_end(tmp_path):
    make(tmp_path, "a/1.jpg")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    found = find_pictures([str(tmp_path)])
    assert keys(found) == ["a/1.jpg"]
    assert found.other_files == 2


def test_linked_folder_is_entered_once(tmp_path):
    make(tmp_path, "real/1.jpg")
    (tmp_path / "also").symlink_to(tmp_path / "real")
    assert keys(find_pictures([str(tmp_path)])) == ["also/1.jpg"]


def test_same_key_twice_is_reported_and_overwrites_nothing(tmp_path):
    make(tmp_path, "x/1.jpg", "y/1.jpg")
    found = find_pictures([str(tmp_path / "x"), str(tmp_path / "y")])
    assert keys(found) == ["1.jpg"]
    assert [picture.path for picture in found.repeated] == [tmp_path / "y" / "1.jpg"]


def test_same_file_twice_is_taken_once(tmp_path):
    make(tmp_path, "1.jpg")
    found = find_pictures([str(tmp_path), str(tmp_path / "1.jpg")])
    assert keys(found) == ["1.jpg"]
    assert found.repeated == []


@pytest.mark.parametrize("name", ["nothing", "nothing*.jpg"])
def test_what_is_not_there_is_an_error(tmp_path, name):
    with pytest.raises(InvalidInput) as caught:
        find_pictures([str(tmp_path / name)])
    assert caught.value.code == "path_not_found"


def test_a_folder_that_cannot_be_read_is_counted(tmp_path):
    make(tmp_path, "a.jpg", "locked/b.jpg")
    (tmp_path / "locked").chmod(0)
    try:
        if os.access(tmp_path / "locked", os.R_OK):
            pytest.skip("this user may read everything")
        found = find_pictures([str(tmp_path)])
    finally:
        (tmp_path / "locked").chmod(0o700)
    assert keys(found) == ["a.jpg"]
    assert found.unreadable == [tmp_path / "locked"]


def test_people_are_named_by_folder_or_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    picture = PictureFile(Path("Ada Lovelace/portrait 1.jpg"), "portrait 1.jpg")
    assert picture.person(PersonFrom.NONE) is None
    assert picture.person(PersonFrom.FOLDER) == "Ada Lovelace"
    assert picture.person(PersonFrom.FILE) == "portrait 1"
    assert PictureFile(Path("a.jpg"), "a.jpg").person(PersonFrom.FOLDER) == tmp_path.name
