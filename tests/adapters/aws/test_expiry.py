"""On AWS a function erases who has expired, once a day, with the rights that it has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aws_building import Installation
from build import ANA, BEN, draw
from faceplate.domain.people import Consent
from stack_rights import actions, granted


@pytest.mark.slow
def test_who_has_expired_is_erased_with_the_rights_of_the_function_that_does_it(
    installation: Installation,
) -> None:
    application, _ = installation.start()
    today = installation.runtime.now().date()
    application.faces.index("both.png", draw(ANA, BEN))
    faces = application.images.faces("both.png")
    for person_id, face, days in zip(("ana", "ben"), faces, (-1, 1), strict=True):
        consent = Consent("door", today, today + timedelta(days=days))
        application.people.create(person_id, person_id=person_id, consent=consent)
        application.people.assign(person_id, [face.face_id])
    with installation.line() as line:
        assert installation.start()[0].people.purge_expired() == {"expired": 1, "erased": 1}
    assert [person.person_id for person in application.people.list().items] == ["ben"]
    assert application.people.audit().items[-1].actor == "expiry"
    assert installation.orphans() == []
    assert ("rekognition", "delete_user") in line.calls
    assert {one for call in line.calls for one in actions(*call)} <= granted("index")
