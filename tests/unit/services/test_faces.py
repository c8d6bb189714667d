import pytest

from build import ANA, ANA_AGAIN, BEN, CAM, DIM, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.domain.collections import Collection
from faceplate.domain.errors import (
    InvalidImage,
    InvalidParameter,
    NoFaceFound,
    NotFound,
    StorageFull,
    Unsupported,
)
from faceplate.domain.faces import QualityFilter, Reason
from faceplate.domain.images import StoredImage
from faceplate.services.faces import IndexOptions


def test_an_indexed_face_is_found_at_once_and_a_stranger_is_not(parts: MemoryParts) -> None:
    faces = parts.application.faces
    indexed = faces.index("ana.png", draw(ANA), metadata={"album": "2026"})
    assert indexed.change == "new"
    assert indexed.image.metadata == {"album": "2026"}
    found = faces.search(draw(ANA_AGAIN)).answers
    assert [match.face.face_id for match in found[0].faces] == [indexed.faces[0].face_id]
    assert found[0].faces[0].similarity_pct > 99
    assert faces.search(draw(BEN)).answers[0].faces == []


def test_every_face_of_a_picture_can_be_searched(parts: MemoryParts) -> None:
    faces = parts.application.faces
    faces.index("ana.png", draw(ANA))
    faces.index("ben.png", draw(BEN))
    answers = faces.search(draw(BEN, CAM, ANA_AGAIN), all_faces=True).answers
    assert [[match.face.image_key for match in answer.faces] for answer in answers] == [
        ["ben.png"],
        [],
        ["ana.png"],
    ]


def test_the_same_picture_again_changes_nothing(parts: MemoryParts) -> None:
    faces = parts.application.faces
    first = faces.index("a.png", draw(ANA, BEN))
    again = faces.index("a.png", draw(ANA, BEN))
    assert again.change == "same"
    assert [face.face_id for face in again.faces] == [face.face_id for face in first.faces]
    assert len(faces.list_faces().items) == 2
    assert len(list(parts.blobs.names())) == 1


def test_other_bytes_under_a_key_take_the_old_ones_place(parts: MemoryParts) -> None:
    faces = parts.application.faces
    old = faces.index("a.png", draw(ANA))
    new = faces.index("a.png", draw(BEN))
    assert new.change == "replaced"
    assert faces.search(draw(ANA)).answers[0].faces == []
    assert faces.search(draw(BEN)).answers[0].faces[0].face == new.faces[0]
    with pytest.raises(NotFound):
        faces.get_face(old.faces[0].face_id)
    assert len(list(parts.blobs.names())) == 1


def test_a_person_keeps_a_face_that_is_indexed_again(parts: MemoryParts) -> None:
    app = parts.application
    face = app.faces.index("a.png", draw(ANA)).faces[0]
    ana = app.people.create("Ana")
    app.people.assign(ana.person_id, [face.face_id])
    app.faces.index("a.png", draw(ANA), metadata={"new": "metadata"})
    assert app.faces.get_face(face.face_id).person_id == ana.person_id
    assert app.faces.get_face(face.face_id).metadata == {"new": "metadata"}


@pytest.mark.parametrize(
    ("picture", "warnings"),
    [
        (draw(), ("no_face",)),
        (draw(ANA), ()),
        (draw(ANA, BEN), ("several_faces",)),
        (draw(DIM), ("faces_left_out",)),
    ],
)
def test_enrolment_warns(parts: MemoryParts, picture: bytes, warnings: tuple[str, ...]) -> None:
    assert parts.application.faces.index("a.png", picture).image.warnings == warnings


def test_the_same_bytes_under_another_key_are_a_duplicate(parts: MemoryParts) -> None:
    faces = parts.application.faces
    one = faces.index("a.png", draw(ANA))
    two = faces.index("b.png", draw(ANA))
    assert two.image.warnings == ("duplicate_image",)
    assert one.faces[0].face_id != two.faces[0].face_id
    assert one.image.image_id == two.image.image_id


def test_left_out_faces_say_why(parts: MemoryParts) -> None:
    faces = parts.application.faces
    left_out = faces.index("a.png", draw(DIM)).left_out
    assert left_out[0].reasons == (Reason.LOW_BRIGHTNESS,)
    none = IndexOptions(quality_filter=QualityFilter.NONE)
    assert len(faces.index("a.png", draw(DIM), options=none).faces) == 1
    one = faces.index("b.png", draw(ANA, BEN), options=IndexOptions(max_faces=1))
    assert one.left_out[0].reasons == (Reason.EXCEEDS_MAX_FACES,)


def test_searching_a_poor_face_says_that_it_was_not_searched(parts: MemoryParts) -> None:
    answer = parts.application.faces.search(draw(DIM), quality_filter=QualityFilter.HIGH).answers
    assert Reason.LOW_BRIGHTNESS in answer[0].reasons
    assert answer[0].faces == ()


def test_a_picture_without_a_face_is_an_answer_everywhere(parts: MemoryParts) -> None:
    faces = parts.application.faces
    assert faces.detect(draw())[1] == []
    with pytest.raises(NoFaceFound):
        faces.search(draw())
    for source, target, which in ((draw(), draw(ANA), "source"), (draw(ANA), draw(), "target")):
        with pytest.raises(NoFaceFound) as caught:
            faces.compare(source, target)
        assert caught.value.details["image"] == which


def test_compare_takes_the_largest_source_face_against_every_target_face(
    parts: MemoryParts,
) -> None:
    outcome = parts.application.faces.compare(draw(ANA, BEN), draw(BEN, ANA_AGAIN))
    assert [score > 99 for _, score in outcome.matches] == [True]
    assert len(outcome.unmatched) == 1


def test_detect_describes_optional_attributes_when_asked() -> None:
    faces = build_memory_application(attributes=("GENDER",)).application.faces
    info, details = faces.detect(draw(ANA), attributes=("GENDER", "AGE_RANGE"))
    assert info.format == "PNG"
    assert details[0].gender is not None
    assert details[0].age_range is None


def test_similar_faces_leave_the_face_itself_out(parts: MemoryParts) -> None:
    faces = parts.application.faces
    one = faces.index("a.png", draw(ANA)).faces[0]
    two = faces.index("b.png", draw(ANA_AGAIN)).faces[0]
    assert [match.face for match in faces.similar(one.face_id)] == [two]
    with pytest.raises(NotFound) as caught:
        faces.similar("00000000-0000-0000-0000-000000000000")
    assert caught.value.code == "face_not_found"


def test_limits_of_a_search_are_checked(parts: MemoryParts) -> None:
    for limit in (0, 4097):
        with pytest.raises(InvalidParameter):
            parts.application.faces.search(draw(ANA), limit=limit)
    with pytest.raises(NotFound) as caught:
        parts.application.faces.search(draw(ANA), collection_id="elsewhere")
    assert caught.value.code == "collection_not_found"


def test_collections_are_islands(parts: MemoryParts) -> None:
    faces = parts.application.faces
    here = faces.index("a.png", draw(ANA), collection_id="one")
    there = faces.index("a.png", draw(ANA), collection_id="two")
    assert here.faces[0].face_id == there.faces[0].face_id
    faces.delete_face(here.faces[0].face_id, collection_id="one")
    assert faces.search(draw(ANA), collection_id="one").answers[0].faces == []
    assert len(faces.search(draw(ANA), collection_id="two").answers[0].faces) == 1


def test_deleting_a_face_proves_it(parts: MemoryParts) -> None:
    faces = parts.application.faces
    face = faces.index("a.png", draw(ANA)).faces[0]
    proof = faces.delete_face(face.face_id)
    assert proof.before == {"faces": 1, "vectors": 1}
    assert proof.after == {"faces": 0, "vectors": 0}
    with pytest.raises(NotFound):
        faces.delete_face(face.face_id)


def test_what_is_refused_leaves_nothing(parts: MemoryParts) -> None:
    faces = parts.application.faces
    with pytest.raises(InvalidImage):
        faces.index("a.png", b"no picture")
    with pytest.raises(InvalidImage):
        faces.index("a.png", draw(ANA)[:-40])
    with pytest.raises(InvalidParameter):
        faces.index("", draw(ANA))
    with pytest.raises(InvalidParameter):
        faces.index("a.png", draw(ANA), metadata={"a": "b" * 2048})
    with pytest.raises(InvalidParameter):
        faces.index("a.png", draw(ANA), metadata={"a": "\ud800"})
    with pytest.raises(InvalidParameter):
        faces.index("a.png", draw(ANA), collection_id="no spaces please")
    assert list(parts.blobs.names()) == []
    assert parts.application.images.list().items == []


class FailingRecords(MemoryRecords):
    """Records whose disk is full once `full` is set."""

    full = False

    def put_image(self, image: StoredImage) -> None:
        if self.full:
            raise StorageFull("No space left.")
        super().put_image(image)


def test_a_failing_store_leaves_the_old_picture() -> None:
    records = FailingRecords()
    parts = build_memory_application(records=records)
    faces = parts.application.faces
    old = faces.index("a.png", draw(ANA))
    records.full = True
    with pytest.raises(StorageFull):
        faces.index("a.png", draw(BEN))
    assert faces.search(draw(ANA)).answers[0].faces[0].face == old.faces[0]
    assert faces.search(draw(BEN)).answers[0].faces == []
    assert list(parts.blobs.names()) == [old.image.blob_name]
    with pytest.raises(StorageFull):
        faces.index("a.png", draw(ANA))  # the same bytes: they must not be taken away
    assert list(parts.blobs.names()) == [old.image.blob_name]


def test_is_indexed_knows_key_bytes_and_options(parts: MemoryParts) -> None:
    faces = parts.application.faces
    sha256 = faces.index("a.png", draw(ANA)).image.sha256
    assert faces.is_indexed("a.png", sha256)
    assert not faces.is_indexed("b.png", sha256)
    assert not faces.is_indexed("a.png", "0" * 64)
    assert not faces.is_indexed("a.png", sha256, options=IndexOptions(max_faces=1))


class BlinkingRecords(MemoryRecords):
    """Records that do not see a collection at the first look."""

    blinks = 0

    def get_collection(self, collection_id: str) -> Collection | None:
        if self.blinks:
            self.blinks -= 1
            return None
        return super().get_collection(collection_id)


def test_two_callers_may_make_the_same_collection() -> None:
    records = BlinkingRecords()
    faces = build_memory_application(records=records).application.faces
    faces.ensure_collection("new")
    records.blinks = 1
    faces.ensure_collection("new")
    assert records.get_collection("new") is not None


def test_queries_go_to_the_records(parts: MemoryParts) -> None:
    with pytest.raises(Unsupported) as caught:
        parts.application.faces.query("SELECT FaceId FROM faces")
    assert caught.value.code == "query_unsupported"
    assert parts.application.health.check()["records"].ok
