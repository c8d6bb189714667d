import threading
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from build import ANA, BEN, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.blobs import MemoryBlobs
from faceplate.domain.errors import NotFound
from faceplate.services.blob_keeper import blob_name


def test_original_bytes_come_back(parts: MemoryParts) -> None:
    data = draw(ANA)
    parts.application.faces.index("a b/ü.png", data)
    image, again = parts.application.images.read("a b/ü.png")
    assert again == data
    assert (image.width_px, image.height_px, image.content_type) == (400, 200, "image/png")
    assert [face.image_key for face in parts.application.images.faces("a b/ü.png")] == ["a b/ü.png"]


def test_annotating_draws_on_a_jpeg_of_the_same_size(parts: MemoryParts) -> None:
    app = parts.application
    faces = app.faces.index("a.png", draw(ANA, BEN)).faces
    app.people.assign(app.people.create("Ana").person_id, [faces[0].face_id])
    drawn = Image.open(BytesIO(app.images.annotated("a.png")))
    assert (drawn.format, drawn.size) == ("JPEG", (400, 200))


def test_deleting_a_picture_proves_it(parts: MemoryParts) -> None:
    app = parts.application
    app.faces.index("a.png", draw(ANA, BEN))
    proof = app.images.delete("a.png")
    assert proof.before == {"images": 1, "bytes": 1, "faces": 2, "vectors": 2}
    assert set(proof.after.values()) == {0}
    assert app.faces.search(draw(ANA)).answers[0].faces == []
    with pytest.raises(NotFound) as caught:
        app.images.delete("a.png")
    assert caught.value.code == "image_not_found"


def test_the_sweep_takes_only_what_nobody_names_or_writes(parts: MemoryParts) -> None:
    app = parts.application
    app.faces.index("a.png", draw(ANA))
    parts.blobs.put(blob_name("faceplate", "lost.png", "ab"), b"left by a crash")
    with app.keeper.keeping("faceplate", "b.png", "cd", b"being written") as name:
        assert app.keeper.sweep() == 1
        assert parts.blobs.exists(name)
        with app.keeper.keeping("faceplate", "b.png", "cd", b"being written") as same:
            assert same == name
        assert app.keeper.sweep() == 0
    assert app.keeper.sweep() == 1
    assert app.keeper.sweep() == 0
    assert app.images.read("a.png")


class HookedBlobs(MemoryBlobs):
    """Blobs that let somebody act just before bytes go."""

    def __init__(self) -> None:
        super().__init__()
        self.before_deleting: Callable[[], object] = bool

    def delete(self, name: str) -> bool:
        hook, self.before_deleting = self.before_deleting, bool
        hook()
        return super().delete(name)


def test_a_picture_put_back_during_its_deletion_keeps_its_bytes() -> None:
    blobs = HookedBlobs()
    app = build_memory_application(blobs=blobs).application
    app.faces.index("a.png", draw(ANA))
    other = threading.Thread(target=lambda: app.faces.index("a.png", draw(ANA)))

    def put_back() -> None:
        other.start()
        other.join(0.3)  # it must wait for the deletion; were it let in, it would end in here

    blobs.before_deleting = put_back
    proof = app.images.delete("a.png")
    other.join()
    assert set(proof.after.values()) == {0}
    assert app.images.read("a.png")[1] == draw(ANA)


def test_an_erasure_leaves_a_picture_alone_that_took_the_place_of_the_erased_one(
    parts: MemoryParts,
) -> None:
    app = parts.application
    old = app.faces.index("a.png", draw(ANA)).image
    new = app.faces.index("a.png", draw(BEN))
    app.images.remove_sight_of("p-ana", old)
    assert app.images.read("a.png")[1] == draw(BEN)
    assert app.images.faces("a.png") == new.faces
    app.images.delete("a.png")
    app.images.remove_sight_of("p-ana", old)
    assert app.images.list().items == []
