from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from build import ANA, BEN, MemoryParts, build_memory_application, draw
from faceplate.adapters.memory.records import MemoryRecords
from faceplate.domain.errors import Conflict, InvalidImage, InvalidParameter
from faceplate.services.enrolment import Enrolment


@pytest.fixture
def enrolment(parts: MemoryParts) -> Enrolment:
    return Enrolment(
        faces=parts.application.faces,
        people=parts.application.people,
        keeper=parts.application.keeper,
    )


def test_somebody_new_is_made_and_found_again(parts: MemoryParts, enrolment: Enrolment) -> None:
    first = enrolment.enrol("Ana", "a.png", draw(ANA))
    again = enrolment.enrol(" Ana ", "b.png", draw(ANA, size=(401, 200)))
    by_id = enrolment.enrol(first.person.person_id, "c.png", draw(ANA, size=(402, 200)))
    assert first.assigned
    assert first.person == again.person == by_id.person
    assert len(parts.application.people.faces(first.person.person_id).items) == 3


def test_several_faces_are_given_to_nobody(parts: MemoryParts, enrolment: Enrolment) -> None:
    enrolled = enrolment.enrol("Ana", "a.png", draw(ANA, BEN))
    assert not enrolled.assigned
    assert parts.application.people.faces(enrolled.person.person_id).items == []


@pytest.mark.parametrize("code", ["too_many_faces_of_person", "collection_model_mismatch"])
def test_who_may_have_no_more_faces_is_given_none(code: str) -> None:
    class FullRecords(MemoryRecords):
        """Records that take no face of anybody."""

        def assign_faces(
            self, collection_id: str, face_ids: Sequence[str], person_id: str | None
        ) -> Sequence[str]:
            raise Conflict("No.", code=code)

    app = build_memory_application(records=FullRecords()).application
    enrolment = Enrolment(faces=app.faces, people=app.people, keeper=app.keeper)
    if code == "too_many_faces_of_person":
        assert not enrolment.enrol("Ana", "a.png", draw(ANA)).assigned
    else:
        with pytest.raises(Conflict):
            enrolment.enrol("Ana", "a.png", draw(ANA))


def test_two_at_once_make_one_person_of_a_new_name(parts: MemoryParts) -> None:
    app = parts.application
    app.faces.ensure_collection("faceplate")
    with ThreadPoolExecutor() as pool:
        made = [
            pool.submit(
                Enrolment(faces=app.faces, people=app.people, keeper=app.keeper).enrol,
                "Ana",
                f"{number}.png",
                draw(ANA, size=(400 + number, 200)),
            )
            for number in range(4)
        ]
    assert len({one.result().person.person_id for one in made}) == 1


def test_a_face_of_somebody_else_is_not_taken(enrolment: Enrolment) -> None:
    enrolment.enrol("Ana", "a.png", draw(ANA))
    assert not enrolment.enrol("Ben", "a.png", draw(ANA)).assigned


def test_a_refused_picture_makes_nobody(parts: MemoryParts, enrolment: Enrolment) -> None:
    with pytest.raises(InvalidImage):
        enrolment.enrol("Ana", "a.png", b"no picture")
    for bad in ("", " ", "a\nb", "x" * 201):
        with pytest.raises(InvalidParameter):
            enrolment.enrol(bad, "a.png", draw(ANA))
    assert parts.application.people.list().items == []
