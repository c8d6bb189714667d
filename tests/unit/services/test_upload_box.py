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
    StorageFailed,
    StorageFull,
    Unsupported,
)
from faceplate.domain.uploads import UploadStatus
from faceplate.ports.upload_box import Arrived
from faceplate.services.images import Images
from faceplate.services.secrets import Signer
from faceplate.services.uploads import Uploads


@pytest.fixture
def box() -> MemoryUploadBox:
    return MemoryUploadBox()


@pytest.fixture
def uploads(parts: MemoryParts, box: MemoryUploadBox) -> Uploads:
    return uploads_over(parts, box)


class StuckBox(MemoryUploadBox):
    """A box from which nothing can be removed when told so."""

    stuck = False

    def discard(self, name: str, version: str | None = None) -> None:
        if self.stuck:
            raise StorageFailed("It cannot be removed.")
        super().discard(name, version)


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


@pytest.mark.parametrize("name", ["inbox/a.png", "uploads/{}"])
def test_what_was_sent_in_the_meantime_is_not_removed_unread(
    uploads: Uploads, box: MemoryUploadBox, parts: MemoryParts, name: str
) -> None:
    name = name.format(uploads.create("a.png").upload.upload_id)
    box.arrived[name] = b"\0nothing"
    take = box.take

    def take_and_send(name: str, *, max_bytes: int) -> Arrived:
        arrived = take(name, max_bytes=max_bytes)
        box.arrived[name] = draw(ANA)
        return arrived

    box.take = take_and_send  # type: ignore[method-assign]
    with pytest.raises(InvalidImage):
        uploads.arrive(name)
    assert uploads.arrive(name) is not None
    assert box.arrived == {}
    assert parts.application.images.read("a.png")[1] == draw(ANA)


def test_what_was_indexed_and_could_not_be_removed_is_not_indexed_again(
    parts: MemoryParts,
) -> None:
    box = StuckBox()
    uploads = uploads_over(parts, box)
    box.arrived["inbox/a.png"] = draw(ANA)
    box.stuck = True
    with pytest.raises(StorageFailed):
        uploads.arrive("inbox/a.png")
    (face,) = parts.application.images.faces("a.png")
    parts.application.faces.delete_face(face.face_id)
    box.stuck = False
    assert uploads.arrive("inbox/a.png") is None
    assert box.arrived == {}
    assert parts.application.images.faces("a.png") == []
    box.arrived["inbox/a.png"] = draw(ANA)
    assert uploads.arrive("inbox/a.png") is not None


def test_a_picture_that_is_deleted_takes_its_copies_with_it(parts: MemoryParts) -> None:
    box = MemoryUploadBox()
    images = Images(
        recognizer=parts.application.recognizer,
        records=parts.records,
        blobs=parts.blobs,
        pictures=parts.application.faces._pictures,
        keeper=parts.application.keeper,
        default_collection="faceplate",
        box=box,
    )
    uploads = uploads_over(parts, box)
    data = draw(ANA)
    for collection_id in ("faceplate", "other"):
        parts.application.faces.index("a.png", data, collection_id=collection_id)
    upload = uploads.create("a.png").upload
    box.arrived = {"inbox/a.png": data, f"uploads/{upload.upload_id}": data}
    # The inbox is for the default collection alone.
    assert images.delete("a.png", collection_id="other").before["bytes"] == 1
    assert len(box.arrived) == 2
    proof = images.delete("a.png")
    assert (proof.before["bytes"], proof.after["bytes"]) == (3, 0)
    assert box.arrived == {}
    box.arrived = {f"uploads/{upload.upload_id}": data}
    with pytest.raises(NotFound):
        uploads.arrive(f"uploads/{upload.upload_id}")
    assert box.arrived == {}
    # Another picture under the same key is not a copy.
    for newer in (b"x" * (len(data) + 1), b"x" * len(data)):
        parts.application.faces.index("a.png", data)
        box.arrived = {"inbox/a.png": newer}
        assert images.delete("a.png").before["bytes"] == 1
        assert box.arrived == {"inbox/a.png": newer}


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
    assert box.arrived == {"images/ab/cd": b"x"}


def test_a_late_arrival_counts(uploads: Uploads, box: MemoryUploadBox, parts: MemoryParts) -> None:
    ticket = uploads.create("a.png")
    parts.runtime.advance(3600)
    box.arrived[f"uploads/{ticket.upload.upload_id}"] = draw(ANA)
    assert uploads.arrive(f"uploads/{ticket.upload.upload_id}") is not None
    done = replace(ticket.upload, metadata={}, status=UploadStatus.INDEXED, face_count=1)
    assert uploads.get(ticket.upload.upload_id) == done


def test_without_a_box_nothing_arrives(parts: MemoryParts) -> None:
    assert parts.application.uploads.create("a.png").address is None
    with pytest.raises(Unsupported):
        parts.application.uploads.arrive("inbox/a.png")
