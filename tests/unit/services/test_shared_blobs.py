"""Bytes that several processes keep at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from build import ANA, BEN, CAM, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.engine import MemoryEngine
from faceplate.adapters.memory.leases import MemoryLeases
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.domain.errors import Busy, NotFound, StorageFailed
from faceplate.services.blob_keeper import BlobKeeper, blob_name
from record_samples import make_collection, make_image

NAME = blob_name("c", "a", "s")


@pytest.fixture
def keeper(parts: MemoryParts) -> BlobKeeper:
    parts.records.put_collection(make_collection())
    return BlobKeeper(blobs=parts.blobs, records=parts.records, leases=MemoryLeases(wait_s=0.0))


def test_another_process_is_kept_out_of_a_picture(parts: MemoryParts) -> None:
    leases = MemoryLeases(wait_s=0.0)
    one, other = (
        BlobKeeper(blobs=parts.blobs, records=parts.records, leases=leases) for _ in range(2)
    )
    with one.changing("c", "a"), pytest.raises(Busy), other.changing("c", "a"):
        pass
    with other.changing("c", "a"):
        pass


def test_young_bytes_may_be_somebody_elses(keeper: BlobKeeper, parts: MemoryParts) -> None:
    parts.blobs.put(NAME, b"1")
    assert keeper.sweep() == 0
    assert keeper.sweep(kept_before=datetime.now(UTC) + timedelta(minutes=1)) == 1


def test_leftovers_that_are_used_again_become_young(keeper: BlobKeeper, parts: MemoryParts) -> None:
    parts.blobs.put(NAME, b"1")
    before = datetime.now(UTC)
    with keeper.keeping("c", "a", "s", b"1"):
        assert list(parts.blobs.names(kept_before=before)) == []


def test_bytes_that_a_record_names_survive_a_failure(
    keeper: BlobKeeper, parts: MemoryParts
) -> None:
    with (  # noqa: PT012 - a whole call fails
        pytest.raises(StorageFailed),
        keeper.keeping("c", "a", "s", b"1") as name,
    ):
        # The write went through and its answer was lost.
        parts.records.put_image(make_image("a", blob_name=name))
        raise StorageFailed("No answer.")
    assert parts.blobs.exists(NAME)


def test_bytes_stay_while_nobody_can_say_whose_they_are(parts: MemoryParts) -> None:
    records = MemoryRecords()
    keeper = BlobKeeper(blobs=parts.blobs, records=records)
    with pytest.raises(StorageFailed), keeper.keeping("c", "a", "s", b"1"):  # noqa: PT012
        records.close()
        raise StorageFailed("Gone.")
    assert parts.blobs.exists(NAME)


class SlowEngine(MemoryEngine):
    """An engine that something happens beside, once."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = None

    def see(self, *arguments: Any, **more: Any) -> Any:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().see(*arguments, **more)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("before", [None, CAM])
def test_a_picture_that_somebody_else_has_changed_is_theirs(
    parts: MemoryParts, tmp_path: Path, kind: str, before: tuple[int, int, int] | None
) -> None:
    """A process whose lease has run out goes on, after another one was told that all is done."""
    records: Any = (
        MemoryRecords() if kind == "memory" else SqliteRecords(Database(tmp_path / "f.db"))
    )
    engine = SlowEngine()
    slow, other = (
        build_memory_application(
            records=records, blobs=parts.blobs, vectors=parts.vectors, engine=one
        ).application
        for one in (engine, MemoryEngine())
    )
    if before is not None:
        slow.faces.index("a.png", draw(before))
    engine.meanwhile = lambda: other.faces.index("a.png", draw(BEN))
    with pytest.raises(Busy) as caught:
        slow.faces.index("a.png", draw(ANA))
    assert caught.value.code == "image_busy"
    assert other.images.read("a.png")[1] == draw(BEN)
    assert len(records.list_faces("faceplate", limit=10).items) == 1
    assert len(list(parts.blobs.names())) == 1
    assert slow.faces.index("a.png", draw(ANA)).change == "replaced"
    records.close()


def test_bytes_that_are_had_here_alone_have_no_address(parts: MemoryParts) -> None:
    images = parts.application.images
    image = parts.application.faces.index("a.png", draw(ANA)).image
    assert images.address(image, disposition="inline") is None
    with pytest.raises(NotFound) as caught:
        images.address(replace(image, blob_name=None), disposition="inline")
    assert caught.value.code == "image_bytes_erased"
