"""What every recognizer must do, whatever it stands on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from build import ANA, ANA_AGAIN, BEN, CAM, DIM, MAX_IMAGE_BYTES, MAX_PIXELS, draw
from faceplate.adapters.aws.doomed import DoomedFaces
from faceplate.adapters.aws.leases import DynamoLeases
from faceplate.adapters.aws.recognizer import RekognitionRecognizer
from faceplate.adapters.aws.records import DynamoRecords
from faceplate.adapters.aws.rekognition import RekognitionCalls
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.exact.vectors import ExactVectors
from faceplate.adapters.memory.engine import MemoryEngine
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.adapters.memory.vectors import MemoryVectors
from faceplate.adapters.pillow.pictures import PillowPictures
from faceplate.adapters.sqlite.connection import Database
from faceplate.adapters.sqlite.records import SqliteRecords
from faceplate.domain.errors import Conflict, InvalidImage, NoFaceFound, NotFound, StorageFull
from faceplate.domain.faces import QualityFilter
from faceplate.domain.people import Person
from faceplate.ports.recognizer import IndexOutcome, IndexRequest, Recognizer
from faceplate.ports.records import Records
from faceplate.services.local_recognizer import LocalRecognizer


class Bench:
    """A recognizer, and the records under it."""

    def __init__(self, recognizer: Recognizer, records: Records, runtime: FixedRuntime) -> None:
        self.recognizer = recognizer
        self.records = records
        self.runtime = runtime

    def index(self, data: bytes, name: str = "x", **changes: object) -> IndexOutcome:
        wanted = {"collection_id": "c", "data": data, "sha256": name * 8, "external_image_id": name}
        return self.recognizer.index_faces(IndexRequest(**{**wanted, **changes}))  # type: ignore[arg-type]

    def found(self, data: bytes) -> list[str | None]:
        answers = self.recognizer.search_image("c", data, limit=10, min_similarity_pct=80)[1]
        return [match.face.external_image_id for match in answers[0].faces]

    def person(self, person_id: str) -> str:
        self.records.put_person(Person("c", person_id, person_id, self.runtime.now()))
        return person_id


@pytest.fixture(params=["memory", "embedded", "amazon"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    runtime = FixedRuntime()
    pictures = PillowPictures(max_bytes=MAX_IMAGE_BYTES, max_pixels=MAX_PIXELS)
    if request.param == "amazon":
        table: DynamoTable = request.getfixturevalue("dynamo_table")
        records: Records = DynamoRecords(table)
        calls = RekognitionCalls(request.getfixturevalue("rekognition"))
        recognizer: Recognizer = RekognitionRecognizer(
            calls=calls,
            records=records,
            doomed=DoomedFaces(table, records, calls, DynamoLeases(table, runtime)),
            pictures=pictures,
            runtime=runtime,
            default_collection="c",
        )
    else:
        memory = request.param == "memory"
        records = MemoryRecords() if memory else SqliteRecords(Database(tmp_path / "faceplate.db"))
        recognizer = LocalRecognizer(
            engine=MemoryEngine(),
            pictures=pictures,
            vectors=MemoryVectors() if memory else ExactVectors(),
            records=records,
            runtime=runtime,
        )
    with closing(records):
        recognizer.create_collection("c")
        yield Bench(recognizer, records, runtime)


def test_what_was_indexed_is_found_at_once(bench: Bench) -> None:
    outcome = bench.index(draw(BEN, ANA))
    areas = [face.detail.box.area for face in outcome.faces]
    assert areas == sorted(areas, reverse=True)
    assert bench.found(draw(ANA_AGAIN)) == ["x"]
    assert bench.found(draw(CAM)) == []


def test_ids_depend_on_picture_and_name_alone(bench: Bench) -> None:
    bench.recognizer.create_collection("c.d")
    here = bench.index(draw(ANA)).faces[0]
    there = bench.index(draw(ANA), collection_id="c.d").faces[0]
    assert here.face_id == there.face_id
    assert bench.index(draw(ANA)).faces[0].face_id == here.face_id
    assert bench.index(draw(ANA), "y").faces[0].face_id != here.face_id


def test_a_face_is_named_by_its_place_whatever_else_is_left_out(bench: Bench) -> None:
    both = bench.index(draw(ANA, BEN, sides=[90, 60]))
    one = bench.index(draw(ANA, BEN, sides=[90, 60]), max_faces=1)
    assert [face.face_id for face in one.faces] == [both.faces[0].face_id]
    dim = bench.index(draw(DIM, BEN), "dim", quality_filter=QualityFilter.AUTO)
    lit = bench.index(draw(DIM, BEN), "dim", quality_filter=QualityFilter.NONE)
    assert [face.face_id for face in dim.faces] == [lit.faces[1].face_id]


def test_a_face_indexed_again_without_a_stored_picture_keeps_the_one_it_came_from(
    bench: Bench,
) -> None:
    bench.index(draw(ANA), image_key="a.png", metadata={"album": "1"})
    again = bench.index(draw(ANA)).faces[0]
    assert (again.image_key, again.metadata) == ("a.png", {"album": "1"})


def test_a_replacement_is_one_step(bench: Bench) -> None:
    old = bench.index(draw(ANA))
    bench.index(draw(BEN), "y", replaces=[face.face_id for face in old.faces])
    assert bench.found(draw(ANA)) == []
    assert bench.found(draw(BEN)) == ["y"]


def test_a_failing_finish_indexes_and_deletes_nothing(bench: Bench) -> None:
    kept = bench.index(draw(ANA))

    def fail(_: object) -> None:
        raise StorageFull("No space left.")

    request = IndexRequest(
        collection_id="c",
        data=draw(BEN),
        sha256="b" * 8,
        replaces=[face.face_id for face in kept.faces],
    )
    with pytest.raises(StorageFull):
        bench.recognizer.index_faces(request, fail)
    with pytest.raises(StorageFull):
        bench.recognizer.delete_faces("c", [kept.faces[0].face_id], fail)
    assert bench.found(draw(ANA)) == ["x"]
    assert bench.found(draw(BEN)) == []


def test_deleted_faces_are_gone_and_only_those_are_named(bench: Bench) -> None:
    face_id = bench.index(draw(ANA)).faces[0].face_id
    assert bench.recognizer.searchable("c", [face_id, "other"]) == [face_id]
    assert list(bench.recognizer.delete_faces("c", [face_id, "other"])) == [face_id]
    assert bench.recognizer.searchable("c", [face_id]) == []
    assert bench.found(draw(ANA)) == []


def test_people_are_found_through_any_of_their_faces(bench: Bench) -> None:
    ids = [
        bench.index(draw(ANA), "a").faces[0].face_id,
        bench.index(draw(ANA_AGAIN), "b").faces[0].face_id,
    ]
    ana = bench.person("ana")
    assert bench.recognizer.associate_faces("c", ana, ids, min_similarity_pct=75).done == ids
    answers = bench.recognizer.search_image("c", draw(ANA), limit=5, min_similarity_pct=80)[1]
    assert [match.person.person_id for match in answers[0].people] == ["ana"]
    bench.recognizer.delete_faces("c", ids)
    bench.index(draw(ANA), "again")
    answers = bench.recognizer.search_image("c", draw(ANA), limit=5, min_similarity_pct=80)[1]
    assert answers[0].people == []


def test_everything_is_there_after_a_refresh(bench: Bench) -> None:
    face_id = bench.index(draw(ANA)).faces[0].face_id
    bench.recognizer.associate_faces("c", bench.person("ana"), [face_id], min_similarity_pct=0)
    bench.recognizer.refresh()
    answers = bench.recognizer.search_image("c", draw(ANA), limit=5, min_similarity_pct=80)[1]
    assert answers[0].faces[0].face.face_id == face_id
    assert answers[0].people[0].person.person_id == "ana"


def test_errors_name_what_is_missing(bench: Bench) -> None:
    with pytest.raises(Conflict) as exists:
        bench.recognizer.create_collection("c")
    assert exists.value.code == "collection_exists"
    with pytest.raises(NotFound) as collection:
        bench.index(draw(ANA), collection_id="nowhere")
    assert collection.value.code == "collection_not_found"
    with pytest.raises(NotFound) as face:
        bench.recognizer.search_face("c", "nobody", limit=1, min_similarity_pct=80)
    assert face.value.code == "face_not_found"
    with pytest.raises(NoFaceFound):
        bench.found(draw())
    with pytest.raises(InvalidImage):
        bench.index(b"no picture")
    bench.recognizer.ping()


def test_a_deleted_collection_takes_everything_along(bench: Bench) -> None:
    bench.index(draw(ANA))
    bench.recognizer.delete_collection("c")
    with pytest.raises(NotFound):
        bench.found(draw(ANA))
    bench.recognizer.create_collection("c")
    assert bench.found(draw(ANA)) == []
