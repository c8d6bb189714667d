from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, timedelta

import pytest

from build import ANA, ANA_AGAIN, BEN, CAM, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.blobs import MemoryBlobs
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.domain.errors import Busy, Conflict, InvalidParameter, NotFound, StorageFailed
from faceplate.domain.people import AuditEntry, Consent, Person
from faceplate.ports.recognizer import AssociationProblem
from faceplate.services.local_recognizer import LocalRecognizer


def enrol(parts: MemoryParts, name: str, *pictures: bytes) -> str:
    app = parts.application
    person = app.people.create(name)
    for number, picture in enumerate(pictures):
        face = app.faces.index(f"{name}-{number}.png", picture).faces[0]
        app.people.assign(person.person_id, [face.face_id])
    return person.person_id


def test_a_search_answers_people_by_name(parts: MemoryParts) -> None:
    ana = enrol(parts, "Ana", draw(ANA), draw(ANA_AGAIN))
    enrol(parts, "Ben", draw(BEN))
    answer = parts.application.faces.search(draw(ANA)).answers[0]
    assert [match.person.person_id for match in answer.people] == [ana]
    assert answer.people[0].similarity_pct > 99
    names = parts.application.people.names("faceplate", [match.face for match in answer.faces])
    assert names == {ana: "Ana"}


def test_people_survive_a_new_start(parts: MemoryParts) -> None:
    enrol(parts, "Ana", draw(ANA))
    parts.application.recognizer.refresh()
    assert parts.application.faces.search(draw(ANA)).answers[0].people[0].person.name == "Ana"


def test_ids_and_names_are_checked(parts: MemoryParts) -> None:
    people = parts.application.people
    for bad in ("", "   ", "a\nb", "x" * 201):
        with pytest.raises(InvalidParameter):
            people.create(bad)
    with pytest.raises(InvalidParameter):
        people.create("Ana", person_id="no spaces")
    assert people.create("  Ana ", person_id="ana").name == "Ana"
    with pytest.raises(Conflict) as caught:
        people.create("Ana", person_id="ana")
    assert caught.value.code == "person_exists"


def test_update_changes_what_is_given(parts: MemoryParts) -> None:
    people = parts.application.people
    consent = Consent("door", date(2026, 1, 1))
    person = people.create("Ana", metadata={"a": "b"}, consent=consent)
    renamed = people.update(person.person_id, name="Anna")
    assert (renamed.name, renamed.metadata, renamed.consent) == ("Anna", {"a": "b"}, consent)
    assert people.update(person.person_id, metadata={}).metadata == {}
    assert people.update(person.person_id, withdraw_consent=True).consent is None
    assert people.update(person.person_id, consent=consent).consent == consent
    assert people.get(person.person_id).name == "Anna"
    with pytest.raises(NotFound):
        people.update("nobody", name="x")


def test_find_by_name_looks_through_every_page(
    parts: MemoryParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceplate.services.people._PAGE", 2)
    for number in range(5):
        parts.application.people.create(f"P{number}", person_id=f"p{number}")
    found = parts.application.people.find_by_name("P4")
    assert found is not None
    assert found.person_id == "p4"
    assert parts.application.people.find_by_name("P9") is None


def test_a_face_of_somebody_else_is_only_taken_when_asked(parts: MemoryParts) -> None:
    people = parts.application.people
    ana = enrol(parts, "Ana", draw(ANA))
    ben = enrol(parts, "Ben", draw(BEN))
    face_id = people.faces(ana).items[0].face_id
    refused = people.assign(ben, [face_id, "missing"])
    assert refused.failed == {
        face_id: AssociationProblem.ASSOCIATED_TO_A_DIFFERENT_USER,
        "missing": AssociationProblem.FACE_NOT_FOUND,
    }
    taken = people.assign(
        ben, [face_id, *[face.face_id for face in people.faces(ben).items]], reassign=True
    )
    assert face_id in taken.done
    assert people.faces(ana).items == []
    assert parts.application.faces.search(draw(ANA)).answers[0].people == []


def test_an_unlike_face_is_refused_when_a_likeness_is_asked_for(parts: MemoryParts) -> None:
    ana = enrol(parts, "Ana", draw(ANA))
    like = parts.application.faces.index("x.png", draw(ANA_AGAIN)).faces[0].face_id
    unlike = parts.application.faces.index("y.png", draw(BEN)).faces[0].face_id
    outcome = parts.application.people.assign(ana, [like, unlike], min_similarity_pct=75)
    assert outcome.done == [like]
    assert outcome.failed == {unlike: AssociationProblem.LOW_MATCH_CONFIDENCE}


def test_unassigned_faces_stay_in_the_collection(parts: MemoryParts) -> None:
    ana = enrol(parts, "Ana", draw(ANA))
    ben = enrol(parts, "Ben", draw(BEN))
    people = parts.application.people
    face_id = people.faces(ana).items[0].face_id
    assert people.unassign(ben, [face_id]).failed == {
        face_id: AssociationProblem.ASSOCIATED_TO_A_DIFFERENT_USER
    }
    assert people.unassign(ana, [face_id]).done == [face_id]
    assert people.unassign(ana, [face_id, "missing"]).failed == {
        face_id: AssociationProblem.FACE_NOT_FOUND,
        "missing": AssociationProblem.FACE_NOT_FOUND,
    }
    answer = parts.application.faces.search(draw(ANA)).answers[0]
    assert answer.people == []
    assert [match.face.face_id for match in answer.faces] == [face_id]
    with pytest.raises(NotFound):
        people.assign("nobody", [face_id])


def test_merging_moves_every_face_and_removes_the_others(parts: MemoryParts) -> None:
    people = parts.application.people
    ana = enrol(parts, "Ana", draw(ANA))
    double = enrol(parts, "Anna", draw(ANA_AGAIN))
    empty = people.create("Nobody").person_id
    people.merge(ana, [double, empty])
    assert len(people.faces(ana).items) == 2
    assert [person.person_id for person in people.list().items] == [ana]
    with pytest.raises(InvalidParameter):
        people.merge(ana, [ana])
    with pytest.raises(NotFound):
        people.merge(ana, ["nobody"])


def test_forgetting_a_name_keeps_the_faces(parts: MemoryParts) -> None:
    ana = enrol(parts, "Ana", draw(ANA))
    parts.application.people.forget_name(ana)
    answer = parts.application.faces.search(draw(ANA)).answers[0]
    assert (len(answer.faces), answer.people) == (1, [])
    with pytest.raises(NotFound):
        parts.application.people.get(ana)
    with pytest.raises(NotFound):
        parts.application.recognizer.delete_person("faceplate", ana)


def test_erasing_leaves_nothing_and_says_so_truthfully(parts: MemoryParts) -> None:
    app = parts.application
    ana = enrol(parts, "Ana", draw(ANA), draw(ANA_AGAIN))
    enrol(parts, "Ben", draw(BEN))
    proof = app.people.erase(ana, actor="key-1")
    assert proof.before == {"people": 1, "faces": 2, "vectors": 2, "bytes": 2}
    assert proof.after == {"people": 0, "faces": 0, "vectors": 0, "bytes": 0}
    assert app.faces.search(draw(ANA)).answers[0].faces == []
    assert [image.key for image in app.images.list().items] == ["Ben-0.png"]
    assert len(list(parts.blobs.names())) == 1
    begun, entry = app.people.audit().items
    assert (begun.action, begun.counts) == ("erase_person_begun", proof.before)
    assert (entry.action, entry.actor, entry.counts) == ("erase_person", "key-1", proof.before)
    text = str(asdict(entry)) + str(asdict(begun))
    assert ana not in text
    assert "Ana" not in text
    with pytest.raises(NotFound):
        app.people.erase(ana)


def test_a_shared_picture_loses_its_bytes_and_keeps_the_others(parts: MemoryParts) -> None:
    app = parts.application
    group = app.faces.index("group.png", draw(ANA, CAM))
    ana = app.people.create("Ana").person_id
    app.people.assign(ana, [group.faces[0].face_id])
    app.people.erase(ana)
    assert app.faces.search(draw(CAM)).answers[0].faces[0].face.image_key == "group.png"
    assert app.images.get("group.png").blob_name is None
    with pytest.raises(NotFound) as caught:
        app.images.read("group.png")
    assert caught.value.code == "image_bytes_erased"
    assert not app.faces.is_indexed("group.png", group.image.sha256)
    assert list(parts.blobs.names()) == []


class ClingingBlobs(MemoryBlobs):
    """Blobs that cannot be deleted."""

    def delete(self, name: str) -> bool:
        return not self.exists(name)


def test_an_erasure_that_left_something_is_not_recorded_as_one() -> None:
    parts = build_memory_application(blobs=ClingingBlobs())
    ana = enrol(parts, "Ana", draw(ANA))
    proof = parts.application.people.erase(ana)
    assert proof.after["bytes"] == 1
    assert parts.application.people.audit().items[-1].action == "erase_person_incomplete"


def test_people_whose_consent_ran_out_are_erased(parts: MemoryParts) -> None:
    app = parts.application
    today = parts.runtime.now().date()
    ana = enrol(parts, "Ana", draw(ANA))
    ben = enrol(parts, "Ben", draw(BEN))
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    app.people.update(ana, consent=Consent("door", today, yesterday))
    app.people.update(ben, consent=Consent("door", today, tomorrow))
    assert app.people.purge_expired(dry_run=True) == {"expired": 1, "erased": 0}
    assert app.people.get(ana)
    assert app.people.purge_expired() == {"expired": 1, "erased": 1}
    assert [person.person_id for person in app.people.list().items] == [ben]
    assert app.people.audit().items[0].actor == "expiry"


def test_a_person_with_many_faces_is_erased_whole(
    parts: MemoryParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceplate.services.people_erasure._PAGE", 2)
    pictures = [draw(ANA, size=(400 + number, 200)) for number in range(5)]
    ana = enrol(parts, "Ana", *pictures)
    assert parts.application.people.face_count(parts.application.people.get(ana)) == 5
    assert parts.application.people.erase(ana).before["faces"] == 5


def test_one_who_cannot_be_erased_does_not_keep_the_others_from_it() -> None:
    blobs = FailingOnce()
    parts = build_memory_application(blobs=blobs)
    app = parts.application
    today = parts.runtime.now().date()
    ids = [enrol(parts, "Ana", draw(ANA)), enrol(parts, "Ben", draw(BEN))]
    for person_id in ids:
        app.people.update(person_id, consent=Consent("door", today, today - timedelta(days=1)))
    blobs.fails = True
    with pytest.raises(StorageFailed):
        app.people.purge_expired()
    assert len(app.people.list().items) == 1
    assert app.people.purge_expired() == {"expired": 1, "erased": 1}


@pytest.mark.parametrize("faces", [(ANA,), (ANA, BEN)])
def test_bytes_that_could_not_be_removed_go_with_the_next_try(faces: tuple[int, ...]) -> None:
    blobs = FailingOnce()
    app = build_memory_application(blobs=blobs).application
    app.faces.index("a.png", draw(*faces))
    ana = app.people.create("Ana").person_id
    app.people.assign(ana, [app.images.faces("a.png")[0].face_id])
    blobs.fails = True
    with pytest.raises(StorageFailed):
        app.people.erase(ana)
    # What could not be removed is no longer named: a backup is whole without it.
    assert app.images.get("a.png").blob_name is None
    proof = app.people.erase(ana)
    assert proof.before["bytes"] == 1
    assert set(proof.after.values()) == {0}
    assert list(blobs.names()) == []


def test_a_person_who_keeps_being_given_faces_is_told_apart() -> None:
    records = GivingRecords()
    app = build_memory_application(records=records).application
    face_id = app.faces.index("a.png", draw(ANA)).faces[0].face_id
    ana = app.people.create("Ana").person_id
    app.people.assign(ana, [face_id])
    records.conflicts = 2
    assert set(app.people.erase(ana).after.values()) == {0}
    bea = app.people.create("Bea").person_id
    records.conflicts = 99
    with pytest.raises(Busy) as caught:
        app.people.erase(bea)
    assert caught.value.code == "write_conflict"
    records.conflicts, records.code = 99, "upstream_busy"
    with pytest.raises(Busy) as caught:
        app.people.erase(bea)
    assert caught.value.code == "upstream_busy"


def test_the_uploads_of_an_erased_picture_are_forgotten() -> None:
    parts = build_memory_application()
    app = parts.application
    ticket = app.uploads.create("ana.png", metadata={"name": "Ana Schmidt"})
    other = app.uploads.create("ben.png")
    upload_id = ticket.upload.upload_id
    face = app.uploads.receive(upload_id, ticket.signature, lambda: draw(ANA)).faces[0]
    ana = app.people.create("Ana").person_id
    app.people.assign(ana, [face.face_id])
    app.people.erase(ana)
    for gone in (upload_id, "nobody"):
        with pytest.raises(NotFound):
            app.uploads.get(gone)
    assert app.uploads.get(other.upload.upload_id)
    parts.runtime.advance(8 * 24 * 3600)
    app.people.purge_expired(dry_run=True)
    assert app.uploads.get(other.upload.upload_id)
    app.people.purge_expired()
    with pytest.raises(NotFound):
        app.uploads.get(other.upload.upload_id)


def test_who_was_erased_by_somebody_else_does_not_stop_a_purge() -> None:
    records = LateRecords()
    parts = build_memory_application(records=records)
    app = parts.application
    today = parts.runtime.now().date()
    ids = [enrol(parts, "Ana", draw(ANA)), enrol(parts, "Ben", draw(BEN))]
    for person_id in ids:
        app.people.update(person_id, consent=Consent("door", today, today - timedelta(days=1)))
    records.before_audit = lambda: app.people.forget_name(min(ids))
    assert app.people.purge_expired() == {"expired": 2, "erased": 1}
    assert app.people.list().items == []


@pytest.mark.parametrize("together", [False, True])
def test_a_face_that_is_given_during_an_erasure_goes_as_well(*, together: bool) -> None:
    records = LateRecords()
    app = build_memory_application(records=records).application
    first, *more = app.faces.index("a.png", draw(ANA, BEN, CAM)).faces
    late = more[0] if together else app.faces.index("b.png", draw(BEN, CAM)).faces[0]
    ana = app.people.create("Ana").person_id
    app.people.assign(ana, [first.face_id])
    records.before_audit = lambda: app.people.assign(ana, [late.face_id])
    proof = app.people.erase(ana)
    assert (proof.before["faces"], proof.before["bytes"]) == (2, 1 if together else 2)
    assert set(proof.after.values()) == {0}
    assert records.get_faces("faceplate", [first.face_id, late.face_id]) == {}
    assert app.people.audit().items[-1].counts == proof.before


def test_nothing_moves_when_one_would_have_too_many_faces(
    parts: MemoryParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalRecognizer, "max_faces_of_person", 1)
    people = parts.application.people
    ana, double = enrol(parts, "Ana", draw(ANA)), enrol(parts, "Anna", draw(ANA_AGAIN))
    with pytest.raises(Conflict) as caught:
        people.merge(ana, [double])
    assert caught.value.code == "too_many_faces_of_person"
    assert len(people.faces(double).items) == 1


def test_a_face_that_the_new_person_is_refused_stays_with_whom_it_belonged_to() -> None:
    parts = build_memory_application()
    people = parts.application.people
    ana, ben = enrol(parts, "Ana", draw(ANA)), enrol(parts, "Ben", draw(BEN))
    (face,) = people.faces(ana).items
    outcome = people.assign(ben, [face.face_id], reassign=True, min_similarity_pct=90)
    assert (outcome.done, list(outcome.failed)) == ([], [face.face_id])
    assert [one.face_id for one in people.faces(ana).items] == [face.face_id]
    assert people.assign(ben, [face.face_id], reassign=True).done == [face.face_id]
    assert people.faces(ana).items == []


def test_a_merge_keeps_the_consent_that_ends_first() -> None:
    parts = build_memory_application()
    people = parts.application.people
    today = parts.runtime.now().date()
    soon = Consent("badge", today, today + timedelta(days=9))
    late = Consent("album", today, today + timedelta(days=99))
    for place, (of_one, of_other, kept) in enumerate(
        [(None, soon, soon), (late, soon, soon), (soon, late, soon), (late, None, late)]
    ):
        one, other = f"one-{place}", f"other-{place}"
        people.create("One", person_id=one, consent=of_one)
        people.create("Other", person_id=other, consent=of_other)
        assert people.merge(one, [other, other]).consent == kept
        assert people.get(one).consent == kept
    endless = Consent("album", today)
    people.create("One", person_id="one", consent=endless)
    people.create("Other", person_id="other", consent=soon)
    assert people.merge("one", ["other"]).consent == soon


def test_a_person_whose_face_cannot_change_hands_is_not_merged() -> None:
    records = MemoryRecords()
    parts = build_memory_application(records=records)
    people = parts.application.people
    ana, double = enrol(parts, "Ana", draw(ANA)), enrol(parts, "Anna", draw(ANA_AGAIN))
    (face,) = people.faces(double).items
    # A face without a vector, as one of another model has.
    records.delete_faces("faceplate", [face.face_id])
    records.put_faces([face])
    parts.application.recognizer.refresh()
    with pytest.raises(Conflict) as caught:
        people.merge(ana, [double])
    assert caught.value.code == "faces_not_moved"
    assert people.faces(double).items == [face]
    assert len(people.faces(ana).items) == 1
    assert parts.application.faces.search(draw(ANA)).answers[0].people[0].person.person_id == ana


def test_an_incomplete_expiry_does_not_count_as_erased() -> None:
    parts = build_memory_application(blobs=ClingingBlobs())
    today = parts.runtime.now().date()
    ana = enrol(parts, "Ana", draw(ANA))
    consent = Consent("door", today, today - timedelta(days=1))
    parts.application.people.update(ana, consent=consent)
    assert parts.application.people.purge_expired() == {"expired": 1, "erased": 0}


def test_consent_renewed_after_the_list_was_made_saves_a_person() -> None:
    records = LateRecords()
    parts = build_memory_application(records=records)
    app = parts.application
    today = parts.runtime.now().date()
    ana = enrol(parts, "Ana", draw(ANA))
    app.people.update(ana, consent=Consent("door", today, today - timedelta(days=1)))
    tomorrow = Consent("door", today, today + timedelta(days=1))
    records.after_listing = lambda: app.people.update(ana, consent=tomorrow)
    assert app.people.purge_expired() == {"expired": 1, "erased": 0}
    assert app.people.get(ana).consent == tomorrow


class FailingOnce(MemoryBlobs):
    """Blobs whose next deletion fails when told to."""

    fails = False

    def delete(self, name: str) -> bool:
        if self.fails:
            self.fails = False
            raise StorageFailed("A file could not be read or written.")
        return super().delete(name)


class GivingRecords(MemoryRecords):
    """Records that refuse the end of a person, as when somebody else has just given them a face."""

    conflicts = 0
    code = "write_conflict"

    def delete_person(self, collection_id: str, person_id: str) -> bool:
        if self.conflicts:
            self.conflicts -= 1
            raise Busy("Somebody else changed this.", code=self.code)
        return super().delete_person(collection_id, person_id)


class LateRecords(MemoryRecords):
    """Records that let somebody act between the list of the expired and what is done about it."""

    def __init__(self) -> None:
        super().__init__()
        self.after_listing: Callable[[], object] = bool
        self.before_audit: Callable[[], object] = bool

    def add_audit(self, entry: AuditEntry) -> None:
        hook, self.before_audit = self.before_audit, bool
        hook()
        super().add_audit(entry)

    def expired_people(self, today: date) -> Sequence[Person]:
        found = super().expired_people(today)
        self.after_listing()
        return found


def test_a_deletion_whose_bytes_could_not_be_removed_is_made_again() -> None:
    blobs = FailingOnce()
    app = build_memory_application(blobs=blobs).application
    app.faces.index("a.png", draw(ANA))
    blobs.fails = True
    with pytest.raises(StorageFailed):
        app.images.delete("a.png")
    assert app.faces.list_faces().items == []
    proof = app.images.delete("a.png")
    assert (proof.before["bytes"], proof.after["bytes"]) == (1, 0)
    assert list(blobs.names()) == []
    with pytest.raises(NotFound):
        app.images.get("a.png")
