"""What every upload box promises."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.upload_box import S3UploadBox
from faceplate.adapters.memory.upload_box import MemoryUploadBox
from faceplate.domain.errors import NotFound
from faceplate.ports.upload_box import UploadBox

NAMES = ["uploads/0f3a", "inbox/a b.jpg", "inbox/Zoë/東京 😀 +%2B&=?#'\"\\~!*().jpg"]
LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True)
class Boxed:
    """A box, and how somebody without a key sends to it."""

    box: UploadBox
    send: Callable[[str, bytes], None]


@pytest.fixture(params=["memory", "s3"])
def boxed(request: pytest.FixtureRequest) -> Boxed:
    if request.param == "memory":
        memory = MemoryUploadBox()
        return Boxed(memory, memory.arrived.__setitem__)
    clients: AwsClients = request.getfixturevalue("aws_clients")
    box = S3UploadBox(clients, request.getfixturevalue("bucket"))

    def send(name: str, data: bytes) -> None:
        address = box.address(name, lifetime=LIFETIME)
        ask = urllib.request.Request(address, data, method="PUT")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(ask, timeout=20) as answer:
            assert answer.status == 200

    return Boxed(box, send)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_sent_can_be_taken_until_it_is_discarded(boxed: Boxed, name: str) -> None:
    boxed.send(name, b"12345")
    assert not boxed.box.holds(f"{name}2")
    assert boxed.box.holds(name)
    assert boxed.box.take(name, max_bytes=5).data == b"12345"
    assert boxed.box.take(name, max_bytes=5).data == b"12345"
    boxed.box.discard(name)
    boxed.box.discard(name)
    with pytest.raises(NotFound) as caught:
        boxed.box.take(name, max_bytes=5)
    assert caught.value.code == "blob_not_found"


def test_what_is_too_large_is_not_read(boxed: Boxed) -> None:
    boxed.send("uploads/a", b"12345")
    arrived = boxed.box.take("uploads/a", max_bytes=4)
    assert arrived.data is None
    boxed.box.discard("uploads/a", arrived.version)
    assert not boxed.box.holds("uploads/a")


def test_another_version_is_not_discarded(boxed: Boxed) -> None:
    boxed.send("inbox/a", b"1")
    old = boxed.box.take("inbox/a", max_bytes=5)
    boxed.send("inbox/a", b"2")
    boxed.box.discard("inbox/a", old.version)
    new = boxed.box.take("inbox/a", max_bytes=5)
    assert new.data == b"2"
    boxed.box.discard("inbox/a", new.version)
    boxed.box.discard("inbox/a", new.version)
    assert not boxed.box.holds("inbox/a")


def test_an_address_runs_out_and_names_its_object(boxed: Boxed) -> None:
    address = boxed.box.address("uploads/a", lifetime=LIFETIME)
    assert "uploads/a" in address
    assert "900" in address
