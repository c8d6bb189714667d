"""Giving faces to people where Rekognition sets limits and functions work side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from aws_building import Installation
from aws_faults import failing, meanwhile
from build import ANA, BEN, CAM, draw
from faceplate.adapters.aws import recognizer_people, rekognition
from faceplate.domain.errors import Conflict, FaceplateError
from faceplate.services.application import Application
from faceplate.services.enrolment import Enrolment


def enrol(application: Application, person_id: str, *pictures: bytes) -> list[str]:
    application.people.create(person_id, person_id=person_id)
    ids = []
    for number, picture in enumerate(pictures):
        found = application.faces.index(f"{person_id}-{number}.png", picture)
        ids.append(found.faces[0].face_id)
    application.people.assign(person_id, ids)
    return ids


def test_who_would_have_too_many_faces_is_not_merged(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognizer_people, "MAX_FACES_OF_PERSON", 2)
    application, _ = installation.start()
    enrol(application, "one", draw(ANA))
    enrol(application, "two", draw(BEN), draw(CAM))
    with pytest.raises(Conflict) as caught:
        application.people.merge("one", ["two"])
    assert caught.value.code == "too_many_faces_of_person"
    assert len(application.people.faces("one").items) == 1
    assert len(application.people.faces("two").items) == 2


def test_a_merge_that_failed_loses_no_face_and_can_be_made_again(
    installation: Installation,
) -> None:
    application, parts = installation.start()
    enrol(application, "one", draw(ANA))
    (face_id,) = enrol(application, "two", draw(BEN))
    with (
        failing(installation.clients.rekognition, "AssociateFaces"),
        pytest.raises(FaceplateError),
    ):
        application.people.merge("one", ["two"])
    assert application.faces.get_face(face_id).person_id == "two"
    application.people.merge("one", ["two", "two"])
    assert len(application.people.faces("one").items) == 2
    assert [person.person_id for person in application.people.list().items] == ["one"]
    assert len(list(parts.calls.faces("faceplate", UserId="one"))) == 2
    assert installation.orphans() == []


def test_a_face_that_rekognition_refuses_keeps_its_person(installation: Installation) -> None:
    application, parts = installation.start()
    enrol(application, "one", draw(ANA))
    ids = enrol(application, "two", draw(BEN), draw(CAM))
    parts.calls.remove_faces("faceplate", ids[:1])  # a ghost: only the records have it
    with pytest.raises(Conflict) as caught:
        application.people.merge("one", ["two"])
    assert caught.value.code == "faces_not_moved"
    assert caught.value.details == {"person_id": "two", "faces": ids[:1]}
    assert {face.face_id for face in application.people.faces("two").items} == set(ids)


def test_a_person_takes_no_more_faces_than_rekognition_allows(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognizer_people, "MAX_FACES_OF_PERSON", 1)
    application, _ = installation.start()
    held = enrol(application, "ana", draw(ANA))
    more = application.faces.index("b.png", draw(BEN)).faces[0].face_id
    with pytest.raises(Conflict) as caught:
        application.people.assign("ana", [*held, more])
    assert caught.value.code == "too_many_faces_of_person"
    assert application.people.assign("ana", held).done == held
    enrolment = Enrolment(
        faces=application.faces, people=application.people, keeper=application.keeper
    )
    assert not enrolment.enrol("ana", "c.png", draw(CAM)).assigned


def test_what_was_given_before_a_failure_is_given_in_both_places(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekognition, "MAX_USER_FACE_IDS", 1)
    application, parts = installation.start()
    application.people.create("ana", person_id="ana")
    ids = [
        application.faces.index(f"{number}.png", draw(face)).faces[0].face_id
        for number, face in enumerate((ANA, BEN, CAM))
    ]
    # The user is not there at the first call, so that one is made twice.
    with (
        failing(installation.clients.rekognition, "AssociateFaces", after=2),
        pytest.raises(FaceplateError),
    ):
        application.people.assign("ana", ids)
    remote = [face["FaceId"] for face in parts.calls.faces("faceplate", UserId="ana")]
    assert remote == ids[:1]
    assert [face.face_id for face in application.people.faces("ana").items] == ids[:1]
    application.people.create("bea", person_id="bea")
    assert application.people.assign("bea", ids, reassign=True).done == ids


def test_what_the_records_do_not_take_is_taken_back(installation: Installation) -> None:
    application, parts = installation.start()
    enrol(application, "ana", draw(ANA))
    more = application.faces.index("b.png", draw(BEN)).faces[0].face_id
    with (
        failing(installation.clients.dynamodb, "TransactWriteItems"),
        pytest.raises(FaceplateError),
    ):
        application.people.assign("ana", [more])
    remote = [face["FaceId"] for face in parts.calls.faces("faceplate", UserId="ana")]
    assert more not in remote


def test_a_face_that_is_deleted_meanwhile_is_given_to_nobody(installation: Installation) -> None:
    application, _ = installation.start()
    enrol(application, "ana", draw(ANA))
    more = application.faces.index("b.png", draw(BEN)).faces[0].face_id
    other, _ = installation.start()
    with meanwhile(
        installation.clients.rekognition,
        "AssociateFaces",
        lambda: other.images.delete("b.png"),
        when="after-call",
    ):
        outcome = application.people.assign("ana", [more])
    assert outcome.done == []
    assert outcome.failed.keys() == {more}


def test_two_functions_make_one_person_of_a_new_name(installation: Installation) -> None:
    enrolments = []
    for _ in range(2):
        application, _ = installation.start()
        application.faces.ensure_collection("faceplate")
        enrolments.append(
            Enrolment(faces=application.faces, people=application.people, keeper=application.keeper)
        )
    with ThreadPoolExecutor() as pool:
        made = pool.map(
            lambda number: enrolments[number].enrol(
                "Ana", f"{number}.png", draw((ANA, CAM)[number])
            ),
            range(2),
        )
        assert len({enrolled.person.person_id for enrolled in made}) == 1
    assert len(application.people.list().items) == 1


def test_a_picture_that_was_replaced_in_the_inbox_is_indexed_as_well(
    installation: Installation,
) -> None:
    application, parts = installation.start()
    old, new = draw(ANA), draw(BEN)

    def put(data: bytes) -> None:
        installation.clients.s3.put_object(Bucket=installation.bucket, Key="inbox/k.png", Body=data)

    put(old)
    with meanwhile(installation.clients.rekognition, "IndexFaces", lambda: put(new)):
        application.uploads.arrive("inbox/k.png")
    assert "inbox/k.png" in set(parts.blobs.names())
    application.uploads.arrive("inbox/k.png")
    assert application.images.read("k.png")[1] == new
    assert "inbox/k.png" not in set(parts.blobs.names())
