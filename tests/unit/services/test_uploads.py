import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from build import ANA, BEN, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.blobs import MemoryBlobs
from faceplate.domain.errors import (
    Conflict,
    Forbidden,
    InvalidImage,
    InvalidParameter,
    NotFound,
    StorageFull,
)
from faceplate.domain.uploads import UploadStatus


def test_an_upload_is_indexed_on_arrival(parts: MemoryParts) -> None:
    uploads = parts.application.uploads
    ticket = uploads.create("a.png", metadata={"from": "phone"})
    assert uploads.get(ticket.upload.upload_id).status is UploadStatus.WAITING
    indexed = uploads.receive(ticket.upload.upload_id, ticket.signature, lambda: draw(ANA))
    assert indexed.image.metadata == {"from": "phone"}
    done = uploads.get(ticket.upload.upload_id)
    assert (done.status, done.face_count, done.metadata) == (UploadStatus.INDEXED, 1, {})
    with pytest.raises(Conflict) as caught:
        uploads.receive(ticket.upload.upload_id, ticket.signature, lambda: draw(ANA))
    assert caught.value.code == "upload_done"


def test_only_our_signature_opens_the_door(parts: MemoryParts) -> None:
    uploads = parts.application.uploads
    one, two = uploads.create("a.png"), uploads.create("b.png")
    for signature in ("", "0" * 64, two.signature, one.signature.upper(), "ü"):
        with pytest.raises(Forbidden) as caught:
            uploads.receive(one.upload.upload_id, signature, lambda: draw(ANA))
        assert caught.value.code == "upload_signature_invalid"
    assert parts.application.images.list().items == []


def test_a_refused_picture_is_reported_and_may_be_sent_again(parts: MemoryParts) -> None:
    uploads = parts.application.uploads
    ticket = uploads.create("a.png", metadata={"from": "phone"})
    with pytest.raises(InvalidImage):
        uploads.receive(ticket.upload.upload_id, ticket.signature, lambda: b"no picture")
    refused = uploads.get(ticket.upload.upload_id)
    assert (refused.status, refused.error_code) == (
        UploadStatus.REFUSED,
        "image_format_unsupported",
    )
    sent = uploads.receive(ticket.upload.upload_id, ticket.signature, lambda: draw(ANA))
    assert sent.image.metadata == {"from": "phone"}
    again = uploads.get(ticket.upload.upload_id)
    assert (again.status, again.error_code) == (UploadStatus.INDEXED, None)


def test_of_two_pictures_that_come_at_once_one_is_indexed(parts: MemoryParts) -> None:
    uploads = parts.application.uploads
    ticket = uploads.create("a.png")
    both_here = threading.Barrier(2, timeout=10)

    def take(picture: bytes) -> bytes:
        # The second never gets here: the first waits in vain for it.
        with contextlib.suppress(threading.BrokenBarrierError):
            both_here.wait(0.3)
        return picture

    def send(picture: bytes) -> str:
        try:
            uploads.receive(ticket.upload.upload_id, ticket.signature, lambda: take(picture))
        except Conflict as exc:
            return exc.code
        return "indexed"

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(send, [draw(ANA), draw(BEN)]))
    assert sorted(said) == ["indexed", "upload_done"]


def test_what_is_not_even_read_is_noted_unless_a_picture_has_come(parts: MemoryParts) -> None:
    uploads = parts.application.uploads
    ticket = uploads.create("a.png")
    uploads.refuse(ticket.upload.upload_id, "image_too_large")
    refused = uploads.get(ticket.upload.upload_id)
    assert (refused.status, refused.error_code) == (UploadStatus.REFUSED, "image_too_large")
    uploads.receive(ticket.upload.upload_id, ticket.signature, lambda: draw(ANA))
    uploads.refuse(ticket.upload.upload_id, "image_too_large")
    assert uploads.get(ticket.upload.upload_id).status is UploadStatus.INDEXED


def test_addresses_expire(parts: MemoryParts) -> None:
    uploads = parts.application.uploads
    ticket, refused = uploads.create("a.png"), uploads.create("b.png")
    with pytest.raises(InvalidImage):
        uploads.receive(refused.upload.upload_id, refused.signature, lambda: b"no picture")
    parts.runtime.advance(15 * 60 + 1)
    assert uploads.get(ticket.upload.upload_id).status is UploadStatus.EXPIRED
    with pytest.raises(Forbidden) as caught:
        uploads.receive(ticket.upload.upload_id, ticket.signature, lambda: draw(ANA))
    assert caught.value.code == "upload_expired"
    assert uploads.get(refused.upload.upload_id).status is UploadStatus.REFUSED
    with pytest.raises(Forbidden):
        uploads.receive(refused.upload.upload_id, refused.signature, lambda: draw(ANA))


def test_old_uploads_are_forgotten(parts: MemoryParts) -> None:
    uploads = parts.application.uploads
    old = uploads.create("a.png")
    parts.runtime.advance(8 * 24 * 3600)
    uploads.create("b.png")
    with pytest.raises(NotFound):
        uploads.get(old.upload.upload_id)


def test_names_are_checked_when_the_upload_is_promised(parts: MemoryParts) -> None:
    with pytest.raises(InvalidParameter):
        parts.application.uploads.create("x" * 300)
    with pytest.raises(InvalidParameter):
        parts.application.uploads.create("a.png", collection_id="not a collection")


class FullBlobs(MemoryBlobs):
    """Blobs without space."""

    def put(self, name: str, data: bytes) -> None:
        raise StorageFull("No space left.")


def test_a_fault_of_ours_leaves_the_upload_waiting() -> None:
    uploads = build_memory_application(blobs=FullBlobs()).application.uploads
    ticket = uploads.create("a.png")
    with pytest.raises(StorageFull):
        uploads.receive(ticket.upload.upload_id, ticket.signature, lambda: draw(ANA))
    assert uploads.get(ticket.upload.upload_id).status is UploadStatus.WAITING


def test_metadata_past_the_limit_is_refused_before_a_promise_is_made(parts: MemoryParts) -> None:
    with pytest.raises(InvalidParameter):
        parts.application.uploads.create("a.png", metadata={"note": "x" * 3000})
