import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from build import ANA, ANA_AGAIN, BEN, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.engine import MemoryEngine
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.adapters.memory.vectors import MemoryVectors
from faceplate.domain.errors import Conflict, NotFound
from faceplate.domain.faces import Pixels, Reason, SeenFace
from faceplate.ports.recognizer import Capability, IndexRequest


def request(data: bytes, **changes: object) -> IndexRequest:
    return IndexRequest(**{"collection_id": "c", "data": data, "sha256": "ab", **changes})  # type: ignore[arg-type]


def test_collections_are_made_once_and_deleted_whole(parts: MemoryParts) -> None:
    recognizer = parts.application.recognizer
    made = recognizer.create_collection("c", {"team": "door"})
    assert (made.model, made.tags) == (recognizer.model, {"team": "door"})
    with pytest.raises(Conflict) as exists:
        recognizer.create_collection("c")
    assert exists.value.code == "collection_exists"
    recognizer.index_faces(request(draw(ANA)))
    assert parts.vectors.count("c/faces") == 1
    recognizer.delete_collection("c")
    assert parts.vectors.count("c/faces") == 0
    for call in (
        lambda: recognizer.delete_collection("c"),
        lambda: recognizer.index_faces(request(draw(ANA))),
        lambda: recognizer.delete_faces("c", ["x"]),
        lambda: recognizer.disassociate_faces("c", "p", ["x"]),
        lambda: recognizer.search_face("c", "x", limit=1, min_similarity_pct=80),
    ):
        with pytest.raises(NotFound) as missing:
            call()
        assert missing.value.code == "collection_not_found"
    assert recognizer.searchable("c", ["x"]) == []


def test_a_collection_that_is_made_again_is_empty(parts: MemoryParts) -> None:
    recognizer = parts.application.recognizer
    recognizer.create_collection("c")
    recognizer.index_faces(request(draw(ANA)))
    recognizer.delete_collection("c")
    recognizer.create_collection("c")
    _, answers = recognizer.search_image("c", draw(ANA), limit=1, min_similarity_pct=80)
    assert answers[0].faces == []


def test_faces_may_be_indexed_without_a_stored_picture(parts: MemoryParts) -> None:
    recognizer = parts.application.recognizer
    recognizer.create_collection("c")
    outcome = recognizer.index_faces(request(draw(ANA), external_image_id="x"))
    assert outcome.faces[0].image_key is None
    found = recognizer.search_image("c", draw(ANA_AGAIN), limit=9, min_similarity_pct=80)[1]
    assert found[0].faces[0].face.external_image_id == "x"
    assert recognizer.searchable("c", [outcome.faces[0].face_id, "other"]) == [
        outcome.faces[0].face_id
    ]


def test_capabilities_name_the_engines_attributes() -> None:
    recognizer = build_memory_application(attributes=("AGE_RANGE",)).application.recognizer
    assert recognizer.capabilities == {
        Capability.SEARCH_ALL_FACES,
        Capability.MIGRATE,
        Capability.AGE_RANGE,
    }


def test_a_collection_of_another_model_is_refused_until_migrated(parts: MemoryParts) -> None:
    parts.application.faces.index("a.png", draw(ANA))
    newer = build_memory_application(
        records=parts.records, blobs=parts.blobs, engine=MemoryEngine(model="colours@2.0")
    ).application
    for call in (
        lambda: newer.faces.search(draw(ANA)),
        lambda: newer.faces.index("b.png", draw(BEN)),
        lambda: newer.faces.similar("x"),
    ):
        with pytest.raises(Conflict) as caught:
            call()
        assert caught.value.code == "collection_model_mismatch"


class BrittleVectors(MemoryVectors):
    """Vectors that run out of memory once."""

    fail = False

    def replace(self, space: str, **changes: object) -> None:  # type: ignore[override]
        if self.fail:
            self.fail = False
            raise MemoryError
        super().replace(space, **changes)  # type: ignore[arg-type]


def test_memory_is_read_anew_when_it_could_not_follow_the_records() -> None:
    vectors = BrittleVectors()
    parts = build_memory_application(vectors=vectors)
    faces = parts.application.faces
    faces.index("a.png", draw(ANA))
    vectors.fail = True
    with pytest.raises(MemoryError):
        faces.index("b.png", draw(BEN))
    assert len(faces.search(draw(BEN)).answers[0].faces) == 1
    assert len(faces.search(draw(ANA)).answers[0].faces) == 1


def test_ping_reaches_engine_and_records() -> None:
    build_memory_application().application.recognizer.ping()
    broken = build_memory_application(engine=MemoryEngine(broken=True)).application
    with pytest.raises(RuntimeError):
        broken.recognizer.ping()
    health = broken.health.check()
    assert (health["recognizer"].ok, health["recognizer"].code) == (False, "internal_error")
    assert "made broken" not in str(health)
    assert health["blobs"].ok


class BlindEngine(MemoryEngine):
    """An engine that sees faces and cannot make a faceprint of them."""

    def embed_only(self, pixels: Pixels, faces: Sequence[SeenFace]) -> Sequence[SeenFace]:
        return faces


def test_a_face_without_a_faceprint_matches_nobody() -> None:
    faces = build_memory_application(engine=BlindEngine()).application.faces
    faces.index("a.png", draw(ANA))
    assert faces.search(draw(ANA)).answers[0].reasons == (Reason.LOW_FACE_QUALITY,)
    assert faces.compare(draw(ANA), draw(ANA)).matches == []


def test_people_are_read_page_by_page_at_a_new_start(
    parts: MemoryParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceplate.services.face_space._PAGE", 1)
    app = parts.application
    for name, colour in (("Ana", ANA), ("Ben", BEN)):
        face = app.faces.index(f"{name}.png", draw(colour)).faces[0]
        app.people.assign(app.people.create(name).person_id, [face.face_id])
    app.people.create("Nobody")
    app.recognizer.refresh()
    assert app.faces.search(draw(BEN)).answers[0].people[0].person.name == "Ben"
    with pytest.raises(NotFound) as caught:
        app.recognizer.associate_faces("faceplate", "x", ["y"], min_similarity_pct=0)
    assert caught.value.code == "person_not_found"


def test_an_empty_store_is_swept_without_reading_records(parts: MemoryParts) -> None:
    assert parts.application.keeper.sweep() == 0


class SlowRecords(MemoryRecords):
    """Records that let somebody act while their vectors are being read."""

    def __init__(self) -> None:
        super().__init__()
        self.while_reading: Callable[[], object] = bool

    def vectors(
        self, collection_id: str, *, batch: int = 8192
    ) -> Iterator[tuple[Sequence[str], npt.NDArray[np.float32]]]:
        found = list(super().vectors(collection_id, batch=batch))
        hook, self.while_reading = self.while_reading, bool
        hook()
        return iter(found)


def test_records_that_change_while_they_are_read_are_read_again() -> None:
    records = SlowRecords()
    behind = build_memory_application(records=records).application
    behind.faces.index("a.png", draw(ANA))
    app = build_memory_application(records=records).application
    refresh = threading.Thread(target=app.recognizer.refresh)

    def restore() -> None:
        behind.faces.index("b.png", draw(BEN))
        refresh.start()
        refresh.join(0.3)  # it must wait for the reading; were it let in, it would end in here

    records.while_reading = restore
    app.faces.search(draw(ANA))
    refresh.join()
    assert len(app.faces.search(draw(BEN)).answers[0].faces) == 1
