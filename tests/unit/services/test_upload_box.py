"""Pictures that arrive outside of the service and are indexed when somebody says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from build import ANA, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.blobs import MemoryBlobs
from faceplate.adapters.memory.upload_box import MemoryUploadBox
from faceplate.domain.errors import (
    ImageTooLarge,
    InvalidImage,
    InvalidParameter,
    NotFound,
    StorageFull,
    Unsupported,
)
from faceplate.domain.uploads import UploadStatus
from faceplate.services.secrets import Signer
from faceplate.services.uploads import Uploads


@pytest.fixture
def box() -> MemoryUploadBox:
    return MemoryUploadBox()


@pytest.fixture
def uploads(parts: MemoryParts, box: MemoryUploadBox) -> Uploads:
    return uploads_over(parts, box)


def uploads_over(parts: MemoryParts, box: MemoryUploadBox) -> Uploads:
    return Uploads(
        records=parts.records,
        runtime=parts.runtime,
        faces=parts.application.faces,
        signer=Signer(lambda: b"only for tests"),
        box=box,
        max_bytes=100_000,
    )


def test_a_promised_picture_is_indexed_once(uploads: Uploads, box: MemoryUploadBox) -> None:
    ticket = uploads.create("a.png", metadata={"from": "phone"})
    name = f"uploads/{ticket.upload.upload_id}"
    assert ticket.address == f"memory:{name}?seconds=900"
    box.arrived[name] = draw(ANA)
    indexed = uploads.arrive(name)
    assert indexed is not None
    assert indexed.image.metadata == {"from": "phone"}
    assert uploads.get(ticket.upload.upload_id).status is UploadStatus.INDEXED
    assert box.arrived == {}
    box.arrived[name] = draw(ANA)
    assert uploads.arrive(name) is None
    assert box.arrived == {}


def test_a_picture_nobody_promised_is_indexed_under_its_key(
    uploads: Uploads, box: MemoryUploadBox
) -> None:
    box.arrived["inbox/Zoë 1+1.png"] = draw(ANA)
    indexed = uploads.arrive("inbox/Zoë 1+1.png")
    assert indexed is not None
    assert indexed.image.key == "Zoë 1+1.png"
    assert box.arrived == {}


@pytest.mark.parametrize(
    ("data", "error"), [(b"\0nothing", InvalidImage), (b"\0" * 100_001, ImageTooLarge)]
)
def test_what_is_refused_says_so_and_goes(
    uploads: Uploads, box: MemoryUploadBox, data: bytes, error: type[InvalidImage]
) -> None:
    ticket = uploads.create("a.png")
    name = f"uploads/{ticket.upload.upload_id}"
    box.arrived[name] = data
    with pytest.raises(error) as caught:
        uploads.arrive(name)
    found = uploads.get(ticket.upload.upload_id)
    assert (found.status, found.error_code) == (UploadStatus.REFUSED, caught.value.code)
    assert box.arrived == {}


def test_what_may_work_later_stays(box: MemoryUploadBox) -> None:
    class FullBlobs(MemoryBlobs):
        """A store without room."""

        def put(self, name: str, data: bytes) -> None:
            raise StorageFull("No space left.")

    uploads = uploads_over(build_memory_application(blobs=FullBlobs()), box)
    ticket = uploads.create("a.png")
    name = f"uploads/{ticket.upload.upload_id}"
    box.arrived[name] = draw(ANA)
    with pytest.raises(StorageFull):
        uploads.arrive(name)
    assert uploads.get(ticket.upload.upload_id).status is UploadStatus.WAITING
    assert box.arrived.keys() == {name}


def test_other_names_are_refused(uploads: Uploads, box: MemoryUploadBox) -> None:
    with pytest.raises(NotFound) as caught:
        uploads.arrive("uploads/nobody")
    assert caught.value.code == "upload_not_found"
    box.arrived["images/ab/cd"] = b"x"
    with pytest.raises(InvalidParameter):
        uploads.arrive("images/ab/cd")


def test_a_late_arrival_counts(uploads: Uploads, box: MemoryUploadBox, parts: MemoryParts) -> None:
    ticket = uploads.create("a.png")
    parts.runtime.advance(3600)
    box.arrived[f"uploads/{ticket.upload.upload_id}"] = draw(ANA)
    assert uploads.arrive(f"uploads/{ticket.upload.upload_id}") is not None
    done = replace(ticket.upload, status=UploadStatus.INDEXED, face_count=1)
    assert uploads.get(ticket.upload.upload_id) == done


def test_without_a_box_nothing_arrives(parts: MemoryParts) -> None:
    assert parts.application.uploads.create("a.png").address is None
    with pytest.raises(Unsupported):
        parts.application.uploads.arrive("inbox/a.png")
