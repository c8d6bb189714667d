"""A thousand collections, one large one, and memory that comes back; on the real stores."""

from __future__ import annotations

import tracemalloc
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from build import ANA, BEN, MemoryParts, build_memory_application, draw
from faceplate.adapters.exact.vectors import ExactVectors
from faceplate.adapters.memory.engine import DIMENSIONS
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.domain.matching import normalise
from record_samples import make_face
from rekognition_calls import DENIED, MISSING, Invoke, invoking, refusal

MANY = 1000
LARGE = 60_000


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[MemoryParts]:
    records = SqliteRecords(Database(tmp_path / "faceplate.db"))
    yield build_memory_application(records=records, vectors=ExactVectors())  # type: ignore[arg-type]
    records.close()


@pytest.fixture
def call(stored: MemoryParts) -> Invoke:
    return invoking(stored.application)


@pytest.mark.slow
def test_a_thousand_collections_keep_apart(call: Invoke, stored: MemoryParts) -> None:
    names = [f"team-{number % 10}.c{number:04}" for number in range(MANY)]
    ana, ben = draw(ANA), draw(BEN)
    for number, name in enumerate(names):
        call("CreateCollection", CollectionId=name)
        if number % 50 == 0:
            picture = ana if number % 100 == 0 else ben
            call("IndexFaces", CollectionId=name, Image={"Bytes": picture}, ExternalImageId=name)

    listed: list[str] = []
    page = call("ListCollections", MaxResults=300)
    while True:
        listed += page["CollectionIds"]
        if "NextToken" not in page:
            break
        page = call("ListCollections", MaxResults=300, NextToken=page["NextToken"])
    assert listed == sorted(names)
    theirs = call("ListCollections", prefix="team-7.")["CollectionIds"]
    assert theirs == [name for name in sorted(names) if name.startswith("team-7.")]
    assert refusal(call, "DescribeCollection", CollectionId="team-8.c0008", prefix="team-7.") == (
        DENIED
    )

    for number in (0, 50, 100, 1):
        found = call("SearchFacesByImage", CollectionId=names[number], Image={"Bytes": ana})
        matches = [match["Face"]["ExternalImageId"] for match in found["FaceMatches"]]
        assert matches == ([names[number]] if number % 100 == 0 else [])

    for name in names[:200]:
        call("DeleteCollection", CollectionId=name)
    assert len(call("ListCollections")["CollectionIds"]) == MANY - 200
    assert stored.vectors.count(f"{names[0]}/faces") == 0
    assert refusal(call, "SearchFacesByImage", CollectionId=names[0], Image={"Bytes": ana}) == (
        MISSING
    )
    kept = call("SearchFacesByImage", CollectionId=names[200], Image={"Bytes": ana})
    assert len(kept["FaceMatches"]) == 1


def test_deleting_a_large_collection_gives_its_memory_back(
    call: Invoke, stored: MemoryParts
) -> None:
    call("CreateCollection", CollectionId="large")
    random = np.random.default_rng(1)
    vectors = normalise(random.standard_normal((LARGE, DIMENSIONS)).astype(np.float32))
    ids = [str(uuid.UUID(int=number)) for number in range(LARGE)]
    stored.records.put_faces(
        [
            make_face(face_id, "large", model="colours@1.0", embedding=vector)
            for face_id, vector in zip(ids, vectors, strict=True)
        ]
    )
    size_bytes = vectors.nbytes
    del vectors
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        found = call("SearchFaces", CollectionId="large", FaceId=ids[0], FaceMatchThreshold=99.0)
        assert found["FaceMatches"] == []
        loaded, _ = tracemalloc.get_traced_memory()
        assert loaded - before > size_bytes
        call("DeleteCollection", CollectionId="large")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < size_bytes / 4
    assert stored.vectors.count("large/faces") == 0
    assert stored.records.size("large").faces == 0
