"""An erasure on AWS says what is true, whatever fails and whoever acts in between."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from aws_building import Installation
from aws_faults import failing, meanwhile
from build import ANA, BEN, draw
from faceplate.domain.errors import FaceplateError, NotFound
from faceplate.domain.people import Consent
from faceplate.services.application import Application


def name_ana(application: Application, *, with_ben: bool = False) -> str:
    faces = (ANA, BEN) if with_ben else (ANA,)
    application.faces.index("a.png", draw(*faces))
    application.people.create("Ana", person_id="ana")
    face_id = application.images.faces("a.png")[0].face_id
    application.people.assign("ana", [face_id])
    return face_id


def actions(application: Application) -> list[str]:
    return [entry.action for entry in application.people.audit().items]


@pytest.mark.parametrize("with_ben", [False, True])
def test_bytes_that_could_not_be_removed_are_counted_and_go_with_the_next_try(
    installation: Installation, with_ben: bool
) -> None:
    application, parts = installation.start()
    name_ana(application, with_ben=with_ben)
    with (
        failing(installation.clients.s3, "DeleteObject"),
        pytest.raises(FaceplateError),
    ):
        application.people.erase("ana")
    assert actions(application) == ["erase_person_begun"]
    proof = installation.start()[0].people.erase("ana")
    assert proof.before["bytes"] == 1
    assert set(proof.after.values()) == {0}
    assert list(parts.blobs.names()) == []
    assert actions(application)[-1] == "erase_person"


def test_a_picture_whose_bytes_could_not_be_removed_can_be_deleted_again(
    installation: Installation,
) -> None:
    application, parts = installation.start()
    name_ana(application)
    with failing(installation.clients.s3, "DeleteObject"), pytest.raises(FaceplateError):
        application.images.delete("a.png")
    proof = installation.start()[0].images.delete("a.png")
    assert proof.before == {"images": 1, "bytes": 1, "faces": 1, "vectors": 1}
    assert set(proof.after.values()) == {0}
    assert list(parts.blobs.names()) == []


def test_the_audit_row_comes_in_one_step_with_the_end_of_the_person(
    installation: Installation,
) -> None:
    application, _ = installation.start()
    name_ana(application)
    # The number of the first row is given, the second is not.
    with (
        failing(installation.clients.dynamodb, "UpdateItem", after=1),
        pytest.raises(FaceplateError),
    ):
        application.people.erase("ana")
    proof = application.people.erase("ana")
    assert set(proof.after.values()) == {0}
    begun, again, done = application.people.audit().items
    assert (begun.action, begun.counts["faces"]) == ("erase_person_begun", 1)
    assert (again.action, done.action) == ("erase_person_begun", "erase_person")
    assert begun.subject == done.subject


def test_nothing_is_removed_before_the_log_says_that_it_begins(installation: Installation) -> None:
    application, _ = installation.start()
    name_ana(application)
    with failing(installation.clients.dynamodb, "UpdateItem"), pytest.raises(FaceplateError):
        application.people.erase("ana")
    assert len(application.people.faces("ana").items) == 1
    assert application.images.read("a.png")[1] == draw(ANA)


def test_a_face_that_is_given_during_the_erasure_goes_as_well(installation: Installation) -> None:
    application, parts = installation.start()
    name_ana(application)
    late = application.faces.index("b.png", draw(BEN)).faces[0].face_id
    other, _ = installation.start()
    with meanwhile(
        installation.clients.rekognition,
        "DeleteFaces",
        lambda: other.people.assign("ana", [late]),
    ):
        proof = application.people.erase("ana")
    assert (proof.before["faces"], proof.before["bytes"]) == (2, 2)
    assert set(proof.after.values()) == {0}
    assert parts.records.get_faces("faceplate", [late]) == {}
    assert application.images.list().items == []
    assert installation.orphans() == []


def test_a_face_that_is_given_at_the_very_end_is_seen(installation: Installation) -> None:
    application, parts = installation.start()
    name_ana(application)
    late = application.faces.index("b.png", draw(BEN)).faces[0].face_id
    other, _ = installation.start()
    # The last look has been, the transaction has not.
    with meanwhile(
        installation.clients.rekognition,
        "DeleteUser",
        lambda: other.people.assign("ana", [late]),
    ):
        proof = application.people.erase("ana")
    assert proof.before["faces"] == 2
    assert parts.records.get_faces("faceplate", [late]) == {}
    assert installation.orphans() == []


def test_nobody_is_given_a_face_who_was_erased_meanwhile(installation: Installation) -> None:
    application, parts = installation.start()
    name_ana(application)
    free = application.faces.index("b.png", draw(BEN)).faces[0].face_id
    other, _ = installation.start()
    with (
        meanwhile(
            installation.clients.rekognition,
            "AssociateFaces",
            lambda: application.people.erase("ana"),
        ),
        pytest.raises(NotFound) as caught,
    ):
        other.people.assign("ana", [free])
    assert caught.value.code == "person_not_found"
    assert application.faces.get_face(free).person_id is None
    assert list(parts.calls.users("faceplate")) == []
    application.people.create("Ben", person_id="ben")
    assert application.people.assign("ben", [free]).done == [free]


def test_two_purges_at_once_record_one_end(installation: Installation) -> None:
    one, other = installation.start()[0], installation.start()[0]
    name_ana(one)
    today = installation.runtime.now().date()
    consent = Consent("door", today, today - timedelta(days=1))
    one.people.update("ana", consent=consent)
    ends = []
    with meanwhile(
        installation.clients.s3,
        "DeleteObject",
        lambda: ends.append(_purge(other)),
    ):
        ends.append(_purge(one))
    installation.later()
    ends.append(_purge(one))
    assert sum(end.get("erased", 0) for end in ends) == 1
    assert actions(one).count("erase_person") == 1
    first = one.people.audit().items[0]
    assert (first.action, first.counts["bytes"]) == ("erase_person_begun", 1)


def _purge(application: Application) -> dict[str, int]:
    with suppress(FaceplateError):  # the picture is held by the other
        return dict(application.people.purge_expired())
    return {}


def test_a_picture_that_waits_in_the_inbox_does_not_bring_back_the_erased(
    installation: Installation,
) -> None:
    application, parts = installation.start()
    installation.clients.s3.put_object(
        Bucket=installation.bucket, Key="inbox/a.png", Body=draw(ANA)
    )
    with failing(installation.clients.s3, "DeleteObject"), pytest.raises(FaceplateError):
        application.uploads.arrive("inbox/a.png")
    application.people.create("Ana", person_id="ana")
    application.people.assign("ana", [application.images.faces("a.png")[0].face_id])
    with failing(installation.clients.s3, "DeleteObject"), pytest.raises(FaceplateError):
        application.people.erase("ana")
    proof = application.people.erase("ana")
    assert proof.before["bytes"] == 2
    assert set(proof.after.values()) == {0}
    with pytest.raises(NotFound):
        application.uploads.arrive("inbox/a.png")
    assert application.images.list().items == []
    assert list(parts.blobs.names()) == []


def test_an_upload_of_the_erased_is_forgotten_with_its_copy(installation: Installation) -> None:
    application, parts = installation.start()
    upload = application.uploads.create("ana.png", metadata={"name": "Ana Schmidt"}).upload
    name = f"uploads/{upload.upload_id}"
    installation.clients.s3.put_object(Bucket=installation.bucket, Key=name, Body=draw(ANA))
    with failing(installation.clients.s3, "DeleteObject"), pytest.raises(FaceplateError):
        application.uploads.arrive(name)
    assert application.uploads.get(upload.upload_id).metadata == {}
    application.people.create("Ana", person_id="ana")
    application.people.assign("ana", [application.images.faces("ana.png")[0].face_id])
    proof = application.people.erase("ana")
    assert (proof.before["bytes"], proof.after["bytes"]) == (2, 0)
    assert parts.records.get_upload(upload.upload_id) is None
    assert list(parts.table.query("#upload-of/faceplate")) == []
    assert list(parts.blobs.names()) == []
