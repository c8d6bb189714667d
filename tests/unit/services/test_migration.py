import pytest

from build import ANA, BEN, CAM, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.engine import MemoryEngine
from faceplate.domain.errors import NotFound
from faceplate.services.application import Application
from faceplate.services.migration import Migration


def newer(parts: MemoryParts) -> Application:
    """The same data under a newer engine."""
    return build_memory_application(
        records=parts.records, blobs=parts.blobs, engine=MemoryEngine(model="colours@2.0")
    ).application


def migration_of(app: Application) -> Migration:
    assert app.migration is not None
    return app.migration


def test_faces_people_and_ids_survive_the_move(parts: MemoryParts) -> None:
    app = parts.application
    before = app.faces.index("a.png", draw(ANA, BEN)).faces
    ana = app.people.create("Ana").person_id
    app.people.assign(ana, [before[0].face_id])
    moved = newer(parts)
    seen = []
    report = migration_of(moved).run(
        "faceplate", progress=lambda done, total: seen.append((done, total))
    )
    assert (report.model, report.migrated, report.lost) == ("colours@2.0", 2, [])
    assert seen == [(1, 1)]
    answer = moved.faces.search(draw(ANA)).answers[0]
    assert answer.faces[0].face.face_id == before[0].face_id
    assert answer.people[0].person.person_id == ana
    assert [item.collection_id for item in parts.records.list_collections(limit=9).items] == [
        "faceplate"
    ]
    assert migration_of(moved).run("faceplate").migrated == 0


def test_faces_without_their_picture_are_reported_as_lost(parts: MemoryParts) -> None:
    app = parts.application
    group = app.faces.index("group.png", draw(ANA, CAM))
    unreadable = app.faces.index("b.png", draw(BEN))
    ana = app.people.create("Ana").person_id
    app.people.assign(ana, [group.faces[0].face_id])
    app.people.erase(ana)
    parts.blobs.put(str(unreadable.image.blob_name), b"damaged")
    report = migration_of(newer(parts)).run("faceplate")
    assert report.migrated == 0
    assert sorted(report.lost) == sorted([group.faces[1].face_id, unreadable.faces[0].face_id])


def test_a_face_that_the_new_engine_does_not_see_is_lost(parts: MemoryParts) -> None:
    app = parts.application
    image = app.faces.index("a.png", draw(ANA)).image
    parts.blobs.put(str(image.blob_name), draw())
    other = app.faces.index("b.png", draw(BEN)).image
    parts.blobs.put(str(other.blob_name), draw(BEN, sides=[20]))
    assert len(migration_of(newer(parts)).run("faceplate").lost) == 2


def test_an_interrupted_move_goes_on_and_is_searchable_meanwhile(
    parts: MemoryParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceplate.services.migration._PAGE", 1)
    app = parts.application
    for number, colour in enumerate((ANA, BEN, CAM)):
        app.faces.index(f"{number}.png", draw(colour))
    moved = newer(parts)

    def stop_after_two(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migration_of(moved).run("faceplate", progress=stop_after_two)
    assert len(app.faces.search(draw(CAM)).answers[0].faces) == 1
    assert migration_of(moved).run("faceplate").migrated == 3
    assert len(moved.faces.search(draw(CAM)).answers[0].faces) == 1


def test_an_unknown_collection_cannot_be_moved(parts: MemoryParts) -> None:
    with pytest.raises(NotFound):
        migration_of(parts.application).run("elsewhere")
