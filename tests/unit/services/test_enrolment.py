import pytest

from build import ANA, BEN, MemoryParts, draw
from faceplate.domain.errors import InvalidImage, InvalidParameter
from faceplate.services.enrolment import Enrolment


@pytest.fixture
def enrolment(parts: MemoryParts) -> Enrolment:
    return Enrolment(faces=parts.application.faces, people=parts.application.people)


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
