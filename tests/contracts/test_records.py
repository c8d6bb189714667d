"""What every keeper of records promises: putting, getting, listing and deleting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from faceplate.domain.collections import CollectionSize
from faceplate.domain.errors import InvalidParameter, NotFound
from faceplate.domain.faces import BoundingBox
from faceplate.domain.paging import encode_token
from faceplate.domain.people import Consent
from faceplate.domain.uploads import UploadStatus
from faceplate.ports.records import Records
from record_samples import (
    DETAIL,
    NOW,
    UNICODE,
    dump,
    make_audit,
    make_collection,
    make_face,
    make_image,
    make_person,
    make_token,
    make_upload,
    make_vector,
)


def test_a_collection_comes_back_and_is_overwritten(records: Records) -> None:
    assert records.get_collection("c") is None
    records.put_collection(make_collection())
    assert records.get_collection("c") == make_collection()
    records.put_faces([make_face()])
    records.put_collection(make_collection(model="other@2", tags={}))
    assert records.get_collection("c") == make_collection(model="other@2", tags={})
    assert records.size("c").faces == 1


def test_tokens_are_kept_for_their_time_and_with_their_collection(records: Records) -> None:
    records.put_collection(make_collection("c"))
    records.put_collection(make_collection("d"))
    records.put_request_token(make_token("old", created_at=NOW - timedelta(microseconds=1)))
    records.put_request_token(make_token("new", answer={}))
    records.put_request_token(make_token("new"))
    records.put_request_token(make_token("new", "d", caller="other"))
    assert records.get_request_token("AKIA", "new") == make_token("new")
    assert records.get_request_token("AKIA", "none") is None
    assert records.delete_request_tokens_before(NOW) == 1
    assert records.get_request_token("AKIA", "old") is None
    records.delete_collection("c")
    assert records.get_request_token("AKIA", "new") is None
    assert records.get_request_token("other", "new") == make_token("new", "d", caller="other")


def test_faces_are_listed_by_the_bytes_they_came_from(records: Records) -> None:
    records.put_collection(make_collection())
    records.put_faces([make_face("a"), make_face("b", image_id="image-2"), make_face("z")])
    page = records.list_faces("c", limit=5, image_id="image-1")
    assert [face.face_id for face in page.items] == ["a", "z"]


def test_collections_are_listed_by_the_beginning_of_their_id(records: Records) -> None:
    for name in ("a", "team.1", "team.2", "team.3", "teams", "team", "z"):
        records.put_collection(make_collection(name))
    page = records.list_collections(limit=2, prefix="team.")
    assert [one.collection_id for one in page.items] == ["team.1", "team.2"]
    rest = records.list_collections(limit=2, prefix="team.", token=page.next_token)
    assert [one.collection_id for one in rest.items] == ["team.3"]
    assert rest.next_token is None
    assert records.list_collections(limit=9, prefix="nothing").items == []


@pytest.mark.parametrize(
    "face",
    [
        make_face(),
        make_face(external_image_id=None, image_key=None, metadata={}, person_id="p"),
        make_face(image_key=UNICODE, detail=replace(DETAIL, age_range=None, gender=None)),
        make_face(created_at=datetime(2030, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_face_comes_back_as_it_was(records: Records, face: Any) -> None:
    records.put_collection(make_collection())
    records.put_faces([replace(face, embedding=make_vector(1))])
    assert records.get_faces("c", ["f"]) == {"f": face}
    assert records.list_faces("c", limit=5).items == [face]


def test_only_faces_that_exist_are_returned(records: Records) -> None:
    records.put_collection(make_collection())
    records.put_faces([make_face("a"), make_face("b")])
    assert list(records.get_faces("c", ["b", "nobody", "a"])) == ["b", "a"]
    assert records.get_faces("c", []) == {}
    assert records.get_faces("elsewhere", ["a"]) == {}


def test_many_ids_at_once(records: Records) -> None:
    records.put_collection(make_collection())
    ids = [f"face-{number:05}" for number in range(3000)]
    records.put_faces([make_face(face_id) for face_id in ids])
    asked = [f"face-{number:05}" for number in range(40_000)]
    assert list(records.get_faces("c", asked)) == ids
    assert records.delete_faces("c", asked) == ids


def test_a_face_put_again_without_a_vector_keeps_its_own(records: Records) -> None:
    records.put_collection(make_collection())
    records.put_faces([make_face(embedding=make_vector(1))])
    records.put_faces([make_face(person_id="p")])
    assert np.array_equal(records.vectors_of("c", ["f"])["f"], make_vector(1))
    assert records.get_faces("c", ["f"])["f"].person_id == "p"
    records.put_faces([make_face(embedding=make_vector(2))])
    assert np.array_equal(records.vectors_of("c", ["f"])["f"], make_vector(2))
    assert records.size("c").faces == 1


def test_vectors_come_in_batches(records: Records) -> None:
    records.put_collection(make_collection())
    faces = [make_face(f"f{n:02}", embedding=make_vector(n)) for n in range(25)]
    records.put_faces([*faces, make_face("bare")])
    batches = list(records.vectors("c", batch=10))
    assert [len(face_ids) for face_ids, _ in batches] == [10, 10, 5]
    assert all(matrix.dtype == np.float32 and matrix.shape[1] == 8 for _, matrix in batches)
    stored = {
        face_id: row
        for face_ids, matrix in batches
        for face_id, row in zip(face_ids, matrix, strict=True)
    }
    assert stored.keys() == {face.face_id for face in faces}
    assert all(np.array_equal(stored[face.face_id], face.embedding) for face in faces)


def test_vectors_of_another_model_are_left_out(records: Records) -> None:
    records.put_collection(make_collection())
    records.put_faces(
        [
            make_face("old", model="old@1", embedding=make_vector(1, 4)),
            make_face("new", embedding=make_vector(2)),
        ]
    )
    assert [list(face_ids) for face_ids, _ in records.vectors("c")] == [["new"]]
    assert records.vectors_of("c", ["old", "new", "nobody"]).keys() == {"old", "new"}
    records.put_collection(make_collection(model="old@1"))
    assert [list(face_ids) for face_ids, _ in records.vectors("c")] == [["old"]]
    assert list(records.vectors("elsewhere")) == []


def test_filters_of_faces_are_combined(records: Records) -> None:
    records.put_collection(make_collection())
    records.put_collection(make_collection("other"))
    for number in range(8):
        records.put_faces(
            [
                make_face(
                    f"f{number}",
                    image_key="even" if number % 2 == 0 else UNICODE,
                    person_id="p" if number < 5 else None,
                )
            ]
        )
    records.put_faces([make_face("f0", "other", image_key="even", person_id="p")])

    def ids(**filters: Any) -> list[str]:
        return [face.face_id for face in records.list_faces("c", limit=100, **filters).items]

    assert ids() == [f"f{number}" for number in range(8)]
    assert ids(image_key=UNICODE) == ["f1", "f3", "f5", "f7"]
    assert ids(person_id="p") == ["f0", "f1", "f2", "f3", "f4"]
    assert ids(image_key="even", person_id="p") == ["f0", "f2", "f4"]
    assert ids(face_ids=["f4", "f1", "x"]) == ["f1", "f4"]
    assert ids(face_ids=["f4", "f1"], image_key="even", person_id="p") == ["f4"]
    assert ids(face_ids=[]) == []


def test_faces_of_an_image_are_largest_first(records: Records) -> None:
    records.put_collection(make_collection())
    for face_id, width in (("a", 0.1), ("b", 0.5), ("c", 0.3), ("d", 0.3)):
        detail = replace(DETAIL, box=BoundingBox(0, 0, width, 0.4))
        records.put_faces([make_face(face_id, detail=detail)])
    records.put_faces([make_face("elsewhere", image_key="other")])
    found = records.faces_of_image("c", "a b.jpg")
    assert [face.face_id for face in found] == ["b", "c", "d", "a"]


def test_deleted_faces_are_gone_with_their_vectors(records: Records) -> None:
    records.put_collection(make_collection())
    records.put_faces([make_face(name, embedding=make_vector(1)) for name in "abc"])
    assert records.delete_faces("c", ["c", "nobody", "a"]) == ["c", "a"]
    assert records.delete_faces("c", ["c", "a"]) == []
    assert records.delete_faces("c", []) == []
    assert records.vectors_of("c", ["a", "b", "c"]).keys() == {"b"}
    records.put_faces([make_face("a")])
    assert records.vectors_of("c", ["a"]) == {}


def test_faces_are_assigned_to_a_person_and_back(records: Records) -> None:
    records.put_collection(make_collection())
    records.put_faces([make_face(name) for name in "abc"])
    records.put_person(make_person("p"))
    assert records.assign_faces("c", ["b", "nobody", "a"], "p") == ["b", "a"]
    assert [face.face_id for face in records.list_faces("c", limit=9, person_id="p").items] == [
        "a",
        "b",
    ]
    assert records.assign_faces("c", ["a"], None) == ["a"]
    assert records.get_faces("c", ["a"])["a"].person_id is None
    assert records.delete_person("c", "p")
    with pytest.raises(NotFound) as caught:
        records.assign_faces("c", ["a"], "p")
    assert caught.value.code == "person_not_found"
    assert records.get_faces("c", ["a"])["a"].person_id is None


def test_an_image_comes_back_and_is_overwritten(records: Records) -> None:
    records.put_collection(make_collection())
    assert records.get_image("c", UNICODE) is None
    records.put_image(make_image(UNICODE))
    assert records.get_image("c", UNICODE) == make_image(UNICODE)
    changed = make_image(UNICODE, blob_name=None, warnings=(), metadata={}, options="")
    records.put_image(changed)
    assert records.get_image("c", UNICODE) == changed
    assert records.size("c").images == 1


def test_deleting_an_image_leaves_its_faces(records: Records) -> None:
    records.put_collection(make_collection())
    records.put_image(make_image())
    records.put_faces([make_face()])
    assert records.delete_image("c", "a b.jpg")
    assert not records.delete_image("c", "a b.jpg")
    assert len(records.faces_of_image("c", "a b.jpg")) == 1


def test_images_are_found_by_bytes_and_blob(records: Records) -> None:
    for name in ("c", "d"):
        records.put_collection(make_collection(name))
    records.put_image(make_image("b", blob_name="1"))
    records.put_image(make_image("a", blob_name="2"))
    records.put_image(make_image("z", sha256="cd" * 32, blob_name=None))
    records.put_image(make_image("a", "d", blob_name="3"))
    assert records.images_with_sha256("c", "ab" * 32) == ["a", "b"]
    assert records.images_with_sha256("c", "ef" * 32) == []
    assert sorted(records.blob_names()) == ["1", "2", "3"]


@pytest.mark.parametrize(
    "changes",
    [{}, {"consent": None}, {"consent": Consent("", date(2030, 1, 1))}, {"metadata": {}}],
)
def test_a_person_comes_back_as_they_were(records: Records, changes: dict[str, Any]) -> None:
    records.put_collection(make_collection())
    records.put_person(make_person(name="first"))
    records.put_person(make_person(**changes))
    assert records.get_people("c", ["nobody", "p"]) == {"p": make_person(**changes)}
    assert records.size("c").people == 1


def test_faces_of_a_deleted_person_belong_to_nobody(records: Records) -> None:
    for name in ("c", "d"):
        records.put_collection(make_collection(name))
        records.put_person(make_person("p", name))
        records.put_faces([make_face("f", name, person_id="p"), make_face("g", name)])
    assert records.delete_person("c", "p")
    assert not records.delete_person("c", "p")
    assert records.get_people("c", ["p"]) == {}
    assert records.get_faces("c", ["f"])["f"].person_id is None
    assert records.get_faces("d", ["f"])["f"].person_id == "p"
    assert records.size("c") == CollectionSize(faces=2, people=0, images=0)


def test_people_are_expired_the_day_after(records: Records) -> None:
    for name in ("c", "b"):
        records.put_collection(make_collection(name))
        records.put_person(make_person("z", name))
    records.put_person(make_person("a", consent=None))
    records.put_person(make_person("b", consent=Consent("x", date(2030, 1, 1))))
    assert records.expired_people(date(2031, 1, 1)) == []
    expired = records.expired_people(date(2031, 1, 2))
    assert [(one.collection_id, one.person_id) for one in expired] == [("b", "z"), ("c", "z")]


def test_uploads_come_back_and_are_forgotten_by_age(records: Records) -> None:
    records.put_collection(make_collection())
    done = make_upload("new", status=UploadStatus.INDEXED, face_count=3, created_at=NOW)
    old = make_upload("old", created_at=NOW - timedelta(microseconds=1), error_code="x")
    records.put_upload(make_upload("new"))
    records.put_upload(done)
    records.put_upload(old)
    assert (records.get_upload("new"), records.get_upload("old")) == (done, old)
    assert records.delete_uploads_before(NOW) == 1
    assert (records.get_upload("new"), records.get_upload("old")) == (done, None)


def test_uploads_are_found_by_their_picture(records: Records) -> None:
    for name in "cd":
        records.put_collection(make_collection(name))
    kept = {
        name: replace(make_upload(name, collection), key=key)
        for name, collection, key in (
            ("one", "c", "a b.jpg"),
            ("two", "c", "a b.jpg"),
            ("three", "c", "a b.jpg2"),
            ("four", "d", "a b.jpg"),
        )
    }
    for upload in kept.values():
        records.put_upload(upload)
        records.put_upload(upload)

    def found(collection_id: str = "c", key: str = "a b.jpg") -> set[str]:
        return {upload.upload_id for upload in records.uploads_of(collection_id, key)}

    assert sorted(records.uploads_of("c", "a b.jpg"), key=lambda one: one.upload_id) == [
        kept["one"],
        kept["two"],
    ]
    assert found("d") == {"four"}
    assert found("") == set()
    records.delete_uploads(["one", "nobody", ""])
    assert found() == {"two"}
    assert records.get_upload("one") is None
    records.delete_uploads_before(NOW + timedelta(days=1))
    assert (found(), found("d")) == (set(), set())


def test_the_audit_log_is_oldest_first(records: Records) -> None:
    for number in range(12):
        records.add_audit(make_audit(str(number)))
    first = records.list_audit(limit=5)
    second = records.list_audit(limit=5, token=first.next_token)
    third = records.list_audit(limit=5, token=second.next_token)
    assert third.next_token is None
    entries = [*first.items, *second.items, *third.items]
    assert entries == [make_audit(str(number)) for number in range(12)]


def test_deleting_a_collection_takes_all_that_is_in_it(records: Records) -> None:
    for name in ("c", "d"):
        records.put_collection(make_collection(name))
        records.put_faces([make_face("f", name, embedding=make_vector(1))])
        records.put_image(make_image("i", name, blob_name=name))
        records.put_person(make_person("p", name))
        records.put_upload(make_upload(f"u{name}", name))
    kept = dump(records)
    assert records.delete_collection("c")
    assert not records.delete_collection("c")
    del kept["c"]
    assert dump(records) == {**kept, "blobs": ["d"]}
    assert records.get_upload("uc") is None
    assert records.get_upload("ud") is not None
    records.put_collection(make_collection("c"))
    assert records.size("c") == CollectionSize(0, 0, 0)
    assert records.vectors_of("c", ["f"]) == {}


@pytest.mark.parametrize(
    "put",
    [
        lambda records: records.put_faces([make_face()]),
        lambda records: records.put_image(make_image()),
        lambda records: records.put_person(make_person()),
        lambda records: records.put_upload(make_upload()),
        lambda records: records.put_request_token(make_token()),
    ],
)
def test_nothing_is_kept_for_a_collection_that_is_not_there(
    records: Records, put: Callable[[Records], None]
) -> None:
    with pytest.raises(NotFound) as caught:
        put(records)
    assert caught.value.code == "collection_not_found"
    records.put_collection(make_collection())
    assert records.size("c") == CollectionSize(0, 0, 0)


PAGED: dict[str, tuple[Callable[[Records, str], None], Callable[..., Any], str]] = {
    "collections": (
        lambda records, name: records.put_collection(make_collection(name)),
        lambda records, **page: records.list_collections(**page),
        "collection_id",
    ),
    "faces": (
        lambda records, name: records.put_faces([make_face(name)]),
        lambda records, **page: records.list_faces("c", **page),
        "face_id",
    ),
    "images": (
        lambda records, name: records.put_image(make_image(name)),
        lambda records, **page: records.list_images("c", **page),
        "key",
    ),
    "people": (
        lambda records, name: records.put_person(make_person(name)),
        lambda records, **page: records.list_people("c", **page),
        "person_id",
    ),
}


@pytest.mark.parametrize("limit", [1, 3, 4, 11, 12, 13])
@pytest.mark.parametrize("kind", PAGED)
def test_pages_cover_everything_once_in_order(records: Records, kind: str, limit: int) -> None:
    put, list_page, id_field = PAGED[kind]
    records.put_collection(make_collection())
    names = ["c", "B", "a", "ä", "z", "Z", "é", "ﬀ", "😀", "10", "9", "a b"]
    for name in names:
        put(records, name)
    seen: list[str] = []
    token, pages = None, 0
    while True:
        page = list_page(records, limit=limit, token=token)
        seen += [getattr(item, id_field) for item in page.items]
        pages += 1
        token = page.next_token
        if token is None:
            break
    assert seen == sorted(names)
    assert pages == -(-len(names) // limit)


@pytest.mark.parametrize("token", ["***", "abc", "é", "/w==", encode_token("\ud800")])
def test_a_token_of_somebody_else_is_refused(records: Records, token: str) -> None:
    for _, list_page, _ in PAGED.values():
        with pytest.raises(InvalidParameter) as caught:
            list_page(records, limit=3, token=token)
        assert caught.value.code == "invalid_pagination_token"
    with pytest.raises(InvalidParameter):
        records.list_audit(limit=3, token=token)


@pytest.mark.parametrize("number", ["x", "-1", "²", "9" * 30])
def test_an_audit_token_is_a_place_in_the_log(records: Records, number: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        records.list_audit(limit=3, token=encode_token(number))
    assert caught.value.code == "invalid_pagination_token"


def test_changing_what_was_given_or_returned_changes_nothing(records: Records) -> None:
    tags, vector = {"a": "1"}, make_vector(1)
    records.put_collection(make_collection(tags=tags))
    records.put_faces([make_face(embedding=vector)])
    tags["a"] = "2"
    vector[:] = 0
    kept = records.get_collection("c")
    assert kept is not None
    assert kept.tags == {"a": "1"}
    stored = records.vectors_of("c", ["f"])["f"]
    assert np.array_equal(stored, make_vector(1))
    stored[:] = 0
    assert np.array_equal(records.vectors_of("c", ["f"])["f"], make_vector(1))
