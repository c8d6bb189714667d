"""A change that is cut off anywhere leaves nothing behind, after the next call or a repair.

The line to AWS is cut at every request of a scenario in turn, now before it is carried out and now
after, with the process going on to clean up or dead from then on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress

import pytest

from aws_building import Installation
from build import ANA, BEN, CAM, draw
from faceplate.domain.errors import FaceplateError
from faceplate.services.application import Application

Step = Callable[[Application], object]


def nothing(application: Application) -> None:
    application.faces.ensure_collection("faceplate")


def index_one(application: Application) -> None:
    application.faces.index("a.png", draw(ANA, BEN))


def index_other(application: Application) -> None:
    application.faces.index("a.png", draw(CAM))


def name_somebody(application: Application) -> None:
    index_one(application)
    application.people.create("Ana", person_id="ana")
    face_id = application.images.faces("a.png")[0].face_id
    application.people.assign("ana", [face_id])


def delete_image(application: Application) -> None:
    with suppress_missing():
        application.images.delete("a.png")


def erase(application: Application) -> None:
    with suppress_missing():
        application.people.erase("ana")


def suppress_missing() -> suppress:
    """A call that is made again may find that all is done."""
    return suppress(FaceplateError)


SCENARIOS: dict[str, tuple[Step, Step]] = {
    "a new picture": (nothing, index_one),
    "a picture in place of another": (index_one, index_other),
    "a picture of somebody in place of another": (name_somebody, index_other),
    "a picture is deleted": (name_somebody, delete_image),
    "a person is erased": (name_somebody, erase),
}


@pytest.mark.slow
@pytest.mark.parametrize("end", ["cut once", "dead"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_is_left(installation: Installation, scenario: str, end: str) -> None:
    prepare, step = SCENARIOS[scenario]
    for number in itertools.count(1):
        prepare(installation.start()[0])
        how = {"at": number, "dead": end == "dead", "after": number // 2 % 2 == 1}
        with installation.line(**how) as line, suppress(FaceplateError):
            step(installation.start()[0])
        installation.later()
        if number % 2:
            # The next call, by another process. Bytes may be left, which nobody can reach.
            step(installation.start()[0])
            reachable = [one for one in installation.orphans() if not one.startswith("bytes")]
            assert reachable == [], f"request {number}, {line.log}"
        installation.repair()
        assert installation.orphans() == [], f"request {number}, {line.log}"
        if line.sent < number:
            break
        start_over(installation)
    assert number > 5


def start_over(installation: Installation) -> None:
    application, parts = installation.start()
    for image in application.images.list().items:
        application.images.delete(image.key)
    for person in application.people.list().items:
        application.people.forget_name(person.person_id)
    assert list(parts.blobs.names()) == []
