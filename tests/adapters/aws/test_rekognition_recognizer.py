"""What is sent to Amazon Rekognition, and what is made of its answers."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from aws_building import Installation, aws_settings
from build import ANA, ANA_AGAIN, BEN, draw
from faceplate.adapters.aws.rekognition import RekognitionCalls
from faceplate.bootstrap.aws import AwsParts, build_aws
from faceplate.domain.collections import Collection
from faceplate.domain.errors import (
    Busy,
    InvalidImage,
    Misconfigured,
    NotFound,
    UpstreamFailed,
)
from faceplate.domain.faces import QualityFilter
from faceplate.ports.recognizer import IndexRequest
from faceplate.services.application import Application
from faceplate.services.faces import IndexOptions
from scripted_aws import Script, refusal, scripted

FACE_ID = "11111111-2222-4333-8444-555555555555"
BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}


@contextlib.contextmanager
def over(parts: AwsParts, script: Script) -> Iterator[Application]:
    """Yield an application whose Rekognition is a script."""
    with scripted(script) as clients:
        parts.clients._made = {**parts.clients._made, "rekognition": clients.rekognition}
        yield build_aws(aws_settings("bucket", parts.table.name), parts)


@pytest.fixture
def known(aws_parts: AwsParts) -> AwsParts:
    """Adapters with the default collection made."""
    aws_parts.recognizer.create_collection("faceplate")
    return aws_parts


def test_a_search_asks_for_80_of_100_or_more_unless_told_otherwise(known: AwsParts) -> None:
    answer = {"SearchedFaceBoundingBox": BOX, "SearchedFaceConfidence": 99, "FaceMatches": []}
    script = Script([(200, answer)])
    with over(known, script) as application:
        application.faces.search(draw(ANA))
        application.faces.search(draw(ANA), min_similarity="high-risk", limit=3)
    first, second = (call for _, call in script.calls)
    assert first["FaceMatchThreshold"] >= 80.0
    assert first["QualityFilter"] == "NONE"
    assert (second["FaceMatchThreshold"], second["MaxFaces"]) == (99.0, 3)
    assert base64.b64decode(first["Image"]["Bytes"]) == draw(ANA)


def test_an_index_sends_the_key_as_rekognition_allows_it(known: AwsParts) -> None:
    script = Script([(200, {"FaceRecords": [], "UnindexedFaces": [], "FaceModelVersion": "7.0"})])
    with over(known, script) as application:
        options = IndexOptions(3, QualityFilter.HIGH, ("GENDER",))
        indexed = application.faces.index("Zoë 1.jpg", draw(ANA), options=options)
    (call,) = [call for name, call in script.calls if name == "IndexFaces"]
    del call["Image"]
    assert call == {
        "CollectionId": "faceplate",
        "ExternalImageId": "Zo:C3:AB:201.jpg",
        "MaxFaces": 3,
        "QualityFilter": "HIGH",
        "DetectionAttributes": ["DEFAULT", "GENDER"],
    }
    assert indexed.image.warnings == ("no_face",)


def test_large_and_foreign_pictures_are_made_to_fit(known: AwsParts) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1500, 1500, 3), dtype=np.uint8)
    large, foreign = io.BytesIO(), io.BytesIO()
    Image.fromarray(noise).save(large, "PNG")
    Image.fromarray(noise[:200, :300]).save(foreign, "WEBP")
    assert large.tell() > 5_242_880
    known.pictures._max_bytes = 15_728_640
    known.pictures._max_pixels = 10_000_000
    script = Script([(200, {"FaceDetails": []})])
    with over(known, script) as application:
        for data in (large, foreign):
            application.faces.detect(data.getvalue())
    for (_, call), size in zip(script.calls, [(1500, 1500), (300, 200)], strict=True):
        sent = base64.b64decode(call["Image"]["Bytes"])
        assert len(sent) <= 5_242_880
        with Image.open(io.BytesIO(sent)) as picture:
            assert (picture.format, picture.size) == ("JPEG", size)


def test_a_face_that_only_rekognition_knows_is_not_shown(known: AwsParts) -> None:
    stranger = {"Similarity": 99.9, "Face": {"FaceId": FACE_ID}}
    answer = {
        "SearchedFaceBoundingBox": BOX,
        "SearchedFaceConfidence": 99,
        "FaceMatches": [stranger],
    }
    with over(known, Script([(200, answer)])) as application:
        (found,) = application.faces.search(draw(ANA)).answers
    assert (found.faces, found.people) == ([], ())


def test_faces_that_only_rekognition_knows_hide_nobody(installation: Installation) -> None:
    application, parts = installation.start()
    application.faces.index("group.png", draw(BEN, ANA))
    application.faces.index("other.png", draw(BEN))
    application.people.create("Ana", person_id="ana")
    ana = application.images.faces("group.png")[1].face_id
    application.people.assign("ana", [ana])
    like_ana = application.faces.search(draw(ANA), limit=1).answers[0].faces[0].face.face_id
    # Calls that died between Rekognition and the records.
    for number in range(15):
        parts.calls.index_faces("faceplate", draw(ANA), ExternalImageId=f"{number}.png")
    for limit in (1, 3):
        (answer,) = application.faces.search(draw(ANA), limit=limit).answers
        assert [match.face.face_id for match in answer.faces] == [like_ana]
        assert [match.person.person_id for match in answer.people] == ["ana"]
    with installation.line() as line:
        application.faces.search(draw(ANA), limit=20)
    assert line.log.count("SearchFacesByImage") == 1
    assert application.faces.similar(ana, limit=1) == []
    application.faces.index("again.png", draw(ANA))
    (match,) = application.faces.similar(ana, limit=1)
    assert match.face.image_key == "again.png"


def test_a_face_that_rekognition_loses_is_not_there(known: AwsParts) -> None:
    (face,) = known.recognizer.index_faces(
        IndexRequest(collection_id="faceplate", data=draw(ANA), sha256="0" * 64)
    ).faces
    known.calls.remove_faces("faceplate", [face.face_id])
    with pytest.raises(NotFound):
        known.recognizer.search_face("faceplate", face.face_id, limit=1, min_similarity_pct=80)


def test_what_we_read_and_rekognition_does_not_is_a_refusal(known: AwsParts) -> None:
    with over(known, Script([refusal("InvalidImageFormatException")])) as application:
        with pytest.raises(InvalidImage) as caught:
            application.faces.detect(draw(ANA))
        assert caught.value.code == "image_corrupt"
        with pytest.raises(InvalidImage) as caught:
            application.faces.detect(draw(ANA, form="JPEG")[:-400])
    assert caught.value.code == "image_truncated"


def test_a_comparison_that_fails_for_no_reason_is_said_so(known: AwsParts) -> None:
    detail = {"BoundingBox": BOX, "Confidence": 99.0}
    refused = refusal("InvalidParameterException")
    script = Script([refused, (200, {"FaceDetails": [detail]})])
    with over(known, script) as application, pytest.raises(UpstreamFailed):
        application.faces.compare(draw(ANA), draw(BEN))


def test_faces_come_in_pages() -> None:
    pages = [
        (200, {"Faces": [{"FaceId": "1"}], "NextToken": "x"}),
        (200, {"Faces": [{"FaceId": "2"}]}),
    ]
    script = Script([*pages])
    with scripted(script) as clients:
        found = [face["FaceId"] for face in RekognitionCalls(clients).faces("c")]
    assert found == ["1", "2"]
    assert script.calls[1][1]["NextToken"] == "x"


def test_a_face_that_will_not_go_yet_is_said_so() -> None:
    stuck = {
        "DeletedFaces": [],
        "UnsuccessfulFaceDeletions": [
            {"FaceId": FACE_ID, "UserId": "u", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]},
            {"FaceId": "other", "Reasons": ["FACE_NOT_FOUND"]},
        ],
    }
    script = Script([(200, stuck), (200, {}), (200, stuck)])
    with scripted(script) as clients, pytest.raises(Busy):
        RekognitionCalls(clients).remove_faces("c", [FACE_ID, "no id at all"])
    assert [name for name, _ in script.calls] == [
        "DeleteFaces",
        "DisassociateFaces",
        "DeleteFaces",
    ]
    assert script.calls[0][1]["FaceIds"] == [FACE_ID]


def test_a_person_that_is_being_changed_is_busy() -> None:
    with scripted(Script([refusal("ConflictException")])) as clients:
        calls = RekognitionCalls(clients)
        with pytest.raises(Busy):
            list(calls.associate("c", "u", [FACE_ID], 75.0))
        calls.create_user("c", "u")
    with scripted(Script([refusal("ResourceNotFoundException")])) as clients:
        calls = RekognitionCalls(clients)
        calls.delete_user("c", "u")
        calls.disassociate("c", "u", [FACE_ID])


def test_a_collection_that_only_rekognition_has_is_taken_over(aws_parts: AwsParts) -> None:
    aws_parts.calls.create_collection("faceplate", {"team": "1"})
    made = aws_parts.recognizer.create_collection("faceplate")
    assert made == aws_parts.records.get_collection("faceplate")
    assert made.model == "rekognition@1.0"
    assert aws_parts.recognizer.model == "rekognition@1.0"


def test_a_deletion_that_was_cut_short_can_be_made_again(known: AwsParts) -> None:
    known.calls.delete_collection("faceplate")
    assert known.recognizer.face_count("faceplate") == 0
    assert known.recognizer.searchable("faceplate", [FACE_ID]) == []
    known.recognizer.ping()
    known.recognizer.delete_collection("faceplate")
    assert known.records.get_collection("faceplate") is None
    assert known.recognizer.model == "rekognition"
    with pytest.raises(NotFound):
        known.recognizer.delete_collection("faceplate")


def test_an_index_without_a_name_has_none_in_rekognition(known: AwsParts) -> None:
    request = IndexRequest(collection_id="faceplate", data=draw(ANA), sha256="0" * 64)
    (face,) = known.recognizer.index_faces(request).faces
    assert face.external_image_id is None
    assert known.records.get_faces("faceplate", [face.face_id])[face.face_id] == face


def test_a_repair_mends_both_sides(installation: Installation) -> None:
    application, parts = installation.start()
    for key, colour in (("a.png", ANA), ("b.png", ANA_AGAIN), ("c.png", BEN)):
        application.faces.index(key, draw(colour))
    ids = [application.images.faces(f"{name}.png")[0].face_id for name in "abc"]
    application.people.create("Ana", person_id="ana")
    application.people.assign("ana", [ids[0], ids[1]])
    # What a process that died may leave: a stray, a ghost, a user and a stale association.
    parts.records.delete_faces("faceplate", [ids[2]])
    parts.calls.remove_faces("faceplate", [ids[1]])
    parts.calls.create_user("faceplate", "nobody")
    parts.records.assign_faces("faceplate", [ids[0]], None)
    parts.records.put_collection(
        Collection("faceplate.lost", "rekognition@1.0", parts.runtime.now())
    )
    assert dict(parts.reconciliation.run()) == {
        "faces_removed": 1,
        "records_removed": 1,
        "users_removed": 1,
        "faces_disassociated": 1,
        "collections_missing": 1,
    }
    assert dict(parts.reconciliation.run()) == {"collections_missing": 1}
    assert application.repair is not None
    assert dict(application.repair()) == {"collections_missing": 1}


def test_a_repair_leaves_alone_what_is_being_changed(installation: Installation) -> None:
    application, parts = installation.start()
    application.faces.index("a b.png", draw(ANA))
    face_id = application.images.faces("a b.png")[0].face_id
    parts.records.delete_faces("faceplate", [face_id])
    with parts.leases.holding("faceplate", "a b.png"):
        assert dict(parts.reconciliation.run()) == {}
    assert dict(parts.reconciliation.run()) == {"faces_removed": 1}


def test_doomed_faces_that_came_back_stay(known: AwsParts) -> None:
    request = IndexRequest(
        collection_id="faceplate", data=draw(ANA), sha256="0" * 64, external_image_id="a"
    )
    (face,) = known.recognizer.index_faces(request).faces
    known.doomed.add("faceplate", [face.face_id])
    known.doomed.add("nowhere", [FACE_ID])
    assert known.doomed.settle() == 0
    assert known.recognizer.searchable("faceplate", [face.face_id]) == [face.face_id]
    for _ in range(12):
        known.doomed.add("nowhere", [FACE_ID])
    known.doomed.settle()
    assert len(list(known.table.query("#doomed"))) == 2


def test_the_bucket_and_the_table_must_be_named() -> None:
    with pytest.raises(Misconfigured):
        AwsParts(aws_settings("", "t"))
