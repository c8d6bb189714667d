"""What every keeper of bytes promises."""

from __future__ import annotations

import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from faceplate.adapters.aws.blobs import S3BlobStore
from faceplate.domain.errors import InvalidParameter, NotFound
from faceplate.ports.blobs import Blobs


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 5000])
def test_bytes_come_back(blobs: Blobs, data: bytes) -> None:
    blobs.put("images/ab/cd.jpg", data)
    assert blobs.get("images/ab/cd.jpg") == data


def test_put_overwrites(blobs: Blobs) -> None:
    blobs.put("a", b"long first version")
    blobs.put("a", b"second")
    assert blobs.get("a") == b"second"


def test_names_that_are_parts_of_others_are_apart(blobs: Blobs) -> None:
    blobs.put("a/b", b"1")
    blobs.put("a/b.c", b"2")
    assert (blobs.get("a/b"), blobs.get("a/b.c")) == (b"1", b"2")


@pytest.mark.parametrize("name", ["missing", "a", "a/b/c"])
def test_what_is_not_there_is_not_found(blobs: Blobs, name: str) -> None:
    blobs.put("a/b", b"1")
    with pytest.raises(NotFound) as caught:
        blobs.get(name)
    assert caught.value.code == "blob_not_found"
    assert not blobs.exists(name)
    assert not blobs.delete(name)


def test_delete_tells_whether_it_was_there(blobs: Blobs) -> None:
    blobs.put("a/b", b"1")
    assert blobs.exists("a/b")
    assert blobs.delete("a/b")
    assert not blobs.exists("a/b")
    assert not blobs.delete("a/b")


def test_names_are_listed_by_prefix(blobs: Blobs) -> None:
    for name in ("images/aa/1", "images/ab/2", "thumbs/aa/1", "single"):
        blobs.put(name, b"x")
    assert sorted(blobs.names()) == ["images/aa/1", "images/ab/2", "single", "thumbs/aa/1"]
    assert sorted(blobs.names("images/")) == ["images/aa/1", "images/ab/2"]
    assert sorted(blobs.names("images/a")) == ["images/aa/1", "images/ab/2"]
    assert list(blobs.names("nothing")) == []


def test_names_can_be_deleted_while_they_are_listed(blobs: Blobs) -> None:
    for number in range(20):
        blobs.put(f"a/{number}", b"x")
    assert sum(blobs.delete(name) for name in blobs.names()) == 20
    assert list(blobs.names()) == []


CLIMBING = ["/", "/etc/passwd", "..", "a/../b", "a//b", "a/", "./a", ".incoming/x", "a/.hidden"]
STRANGE = ["", "-a", "A", "é", "a b", "a\\b", "a\x00b", "a\n", "a" * 256]


@pytest.mark.parametrize("name", [*CLIMBING, *STRANGE])
def test_other_names_are_refused(blobs: Blobs, name: str) -> None:
    for use in (blobs.get, blobs.delete, blobs.exists, lambda bad: blobs.put(bad, b"x")):
        with pytest.raises(InvalidParameter) as caught:
            use(name)
        assert caught.value.code == "blob_name_invalid"
    assert list(blobs.names()) == []


def test_threads_write_and_read_whole_values(blobs: Blobs) -> None:
    def use(worker: int) -> set[bytes]:
        seen = set()
        for turn in range(20):
            blobs.put("shared", bytes([worker]) * 10_000)
            blobs.put(f"own/{worker}/{turn}", bytes([turn]))
            seen.add(blobs.get("shared"))
        return seen

    with ThreadPoolExecutor(8) as pool:
        seen = set().union(*pool.map(use, range(8)))
    assert all(value == value[:1] * 10_000 for value in seen)
    assert len(list(blobs.names("own/"))) == 160


def test_ping_of_a_working_store_is_silent(blobs: Blobs) -> None:
    blobs.ping()
    assert list(blobs.names()) == []


def test_names_are_listed_by_age(blobs: Blobs) -> None:
    blobs.put("images/a", b"1")
    now = datetime.now(UTC)
    assert list(blobs.names("images/", kept_before=now - timedelta(hours=1))) == []
    assert list(blobs.names("images/", kept_before=now + timedelta(hours=1))) == ["images/a"]


def test_an_address_gives_the_bytes_without_a_key(blobs: Blobs) -> None:
    blobs.put("images/ab/cd", b"bytes")
    address = blobs.address(
        "images/ab/cd",
        content_type="image/png",
        disposition='inline; filename="a b.png"',
        lifetime=timedelta(minutes=5),
    )
    if address is None:
        assert not isinstance(blobs, S3BlobStore)
        return
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.read() == b"bytes"
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["content-disposition"] == 'inline; filename="a b.png"'
