"""Two functions and a repair at once: one comes between another's look and its deed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aws_building import Cut, Installation
from build import ANA, BEN, CAM, draw
from faceplate.domain.errors import Busy, FaceplateError
from faceplate.services.application import Application


@contextlib.contextmanager
def at(
    client: Any, operation: str, change: Callable[[], object], when: str = "before-send"
) -> Iterator[None]:
    """Do something once, when an operation is first asked for."""
    once = [change]

    def handler(**_: object) -> None:
        if once:
            once.pop()()

    name = f"{when}.{client.meta.service_model.service_name}.{operation}"
    client.meta.events.register(name, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(name, handler)
    assert not once, f"{operation} was never asked for"


@contextlib.contextmanager
def failing(client: Any, operation: str) -> Iterator[None]:
    """Let an operation fail as long as the block lasts."""

    def handler(**_: object) -> None:
        raise Cut

    name = f"before-send.{client.meta.service_model.service_name}.{operation}"
    client.meta.events.register(name, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(name, handler)


def face_of(application: Application, key: str) -> str:
    (face,) = application.images.faces(key)
    return face.face_id


def test_who_was_frozen_past_his_lease_changes_nothing(installation: Installation) -> None:
    frozen, other = installation.start()[0], installation.start()[0]
    frozen.faces.index("k.png", draw(CAM))

    def meanwhile() -> None:
        installation.runtime.advance(180)
        other.faces.index("k.png", draw(BEN))

    with (
        at(installation.clients.rekognition, "IndexFaces", meanwhile, "after-call"),
        pytest.raises(Busy) as caught,
    ):
        frozen.faces.index("k.png", draw(ANA))
    assert caught.value.code == "image_busy"
    assert other.images.read("k.png")[1] == draw(BEN)
    assert installation.orphans() == []


def test_what_a_lost_picture_leaves_waits_for_its_holder(installation: Installation) -> None:
    frozen, other = installation.start()
    frozen.faces.index("k.png", draw(CAM))
    with contextlib.ExitStack() as holding:

        def meanwhile() -> None:
            installation.runtime.advance(180)
            installation.start()[0].faces.index("k.png", draw(BEN))
            holding.enter_context(other.leases.holding("faceplate", "k.png"))

        with (
            at(installation.clients.rekognition, "IndexFaces", meanwhile, "after-call"),
            pytest.raises(Busy),
        ):
            frozen.faces.index("k.png", draw(ANA))
        assert len(installation.orphans()) == 2
    frozen.faces.index("other.png", draw(ANA))
    assert installation.orphans() == []


def test_a_doomed_face_that_comes_back_is_not_removed(installation: Installation) -> None:
    restoring, settling = installation.start()[0], installation.start()[0]
    restoring.faces.index("k.png", draw(ANA))
    with failing(installation.clients.rekognition, "DeleteFaces"):
        restoring.faces.index("k.png", draw(BEN))

    def restore() -> None:
        with contextlib.suppress(FaceplateError):
            restoring.faces.index("k.png", draw(ANA))

    with at(installation.clients.rekognition, "DeleteFaces", restore):
        settling.faces.index("other.png", draw(CAM))
    assert installation.orphans() == []
    restoring.faces.index("k.png", draw(ANA))
    (match,) = restoring.faces.search(draw(ANA)).answers[0].faces
    assert match.face.image_key == "k.png"
    assert installation.orphans() == []


def test_a_repair_leaves_a_face_to_whom_it_was_given_meanwhile(installation: Installation) -> None:
    application, parts = installation.start()
    for key, colour in (("a.png", ANA), ("b.png", BEN)):
        application.faces.index(key, draw(colour))
    given = face_of(application, "b.png")
    application.people.create("Ana", person_id="ana")
    application.people.assign("ana", [face_of(application, "a.png")])

    def give() -> None:
        installation.start()[0].people.assign("ana", [given])

    with at(installation.clients.rekognition, "ListUsers", give):
        assert dict(parts.reconciliation.run()) == {}
    assert given in parts.reconciliation._held("faceplate", "ana")


def test_a_repair_gives_back_what_was_given_while_it_took(installation: Installation) -> None:
    application, parts = installation.start()
    application.faces.index("a.png", draw(ANA))
    face_id = face_of(application, "a.png")
    application.people.create("Ana", person_id="ana")
    application.people.assign("ana", [face_id])
    parts.records.assign_faces("faceplate", [face_id], None)

    def record() -> None:
        parts.records.assign_faces("faceplate", [face_id], "ana")

    with at(installation.clients.rekognition, "DisassociateFaces", record):
        assert dict(parts.reconciliation.run()) == {}
    assert parts.reconciliation._held("faceplate", "ana") == {face_id}


def test_a_repair_tells_rekognition_whose_faces_are(installation: Installation) -> None:
    application, parts = installation.start()
    for key, colour in (("a.png", ANA), ("b.png", BEN), ("c.png", CAM)):
        application.faces.index(key, draw(colour))
    ana, ben, cam = (face_of(application, f"{name}.png") for name in "abc")
    for name in ("ana", "ben", "cam"):
        application.people.create(name, person_id=name)
    application.people.assign("ana", [ana])
    # Written into the records alone: to a user there is, to one there is not, to nobody at all.
    parts.calls.disassociate("faceplate", "ana", [ana])
    parts.records.assign_faces("faceplate", [ben], "ben")
    parts.records.assign_faces("faceplate", [cam], "cam")
    parts.table.delete(("#person/faceplate", "cam"))
    assert dict(parts.reconciliation.run()) == {"faces_associated": 2, "faces_unassigned": 1}
    assert parts.reconciliation._held("faceplate", "ana") == {ana}
    assert parts.reconciliation._held("faceplate", "ben") == {ben}
    assert application.faces.get_face(cam).person_id is None
    assert dict(parts.reconciliation.run()) == {}


def test_a_repair_does_not_undo_what_is_indexed_again(installation: Installation) -> None:
    """A stray that its own picture brings back while the repair looks at it."""
    application, parts = installation.start()
    application.faces.index("a.png", draw(ANA))
    parts.records.delete_faces("faceplate", [face_of(application, "a.png")])

    def again() -> None:
        with contextlib.suppress(FaceplateError):
            installation.start()[0].faces.index("a.png", draw(ANA))

    with at(installation.clients.rekognition, "DeleteFaces", again):
        parts.reconciliation.run()
    assert installation.orphans() == []
