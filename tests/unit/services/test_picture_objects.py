import pytest

from build import ANA, MemoryParts, draw
from faceplate.adapters.memory.object_source import MemoryObjectSource
from faceplate.domain.errors import NotFound
from faceplate.services.picture_objects import PictureObjects

SOURCE = MemoryObjectSource({("open", "a"): [b"old", b"new"], ("closed", "a"): [b"secret"]})


def objects(parts: MemoryParts, *allowed: str) -> PictureObjects:
    return PictureObjects(
        images=parts.application.images, local_bucket="ours", source=SOURCE, allowed=allowed
    )


def test_buckets_that_are_allowed_are_read(parts: MemoryParts) -> None:
    some, every = objects(parts, "open"), objects(parts, "*")
    assert some.read("open", "a") == b"new"
    assert some.read("open", "a", version="v1") == b"old"
    assert every.read("closed", "a") == b"secret"
    with pytest.raises(NotFound) as caught:
        some.read("closed", "a")
    assert caught.value.code == "s3_object_unavailable"


def test_our_own_bucket_is_never_asked_for_elsewhere(parts: MemoryParts) -> None:
    parts.application.faces.index("a.png", draw(ANA), collection_id="c")
    asked: list[str] = []
    assert objects(parts, "*").read("ours", "c/a.png", check=asked.append) == draw(ANA)
    assert asked == ["c"]
