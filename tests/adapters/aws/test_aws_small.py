"""Edges of the AWS adapters that no other test reaches."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from build import ANA, ANA_AGAIN, draw
from emulators import CREDENTIALS
from faceplate.adapters.aws.clients import AwsClients
from faceplate.adapters.aws.convert import to_left_out, to_problem
from faceplate.adapters.aws.keys import GatewayKeys
from faceplate.adapters.aws.leases import DynamoLeases
from faceplate.adapters.aws.records import DynamoRecords
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.upload_box import S3UploadBox
from faceplate.adapters.memory.runtime import FixedRuntime
from faceplate.bootstrap.aws import AwsParts
from faceplate.domain.errors import Busy, NotFound, Unsupported
from faceplate.domain.faces import Reason
from faceplate.domain.keys import ApiKey, KeyScope
from faceplate.ports.recognizer import AssociationProblem
from faceplate.services.application import Application
from record_samples import NOW, make_collection, make_face, make_image, make_person, make_upload

BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}
DAY = date(2030, 3, 1)


def test_the_gateways_keys_are_not_ours_to_make_or_revoke() -> None:
    keys = GatewayKeys()
    key = ApiKey("k", "k", KeyScope.ADMIN, "", NOW)
    for use in (lambda: keys.put(key), keys.list, lambda: keys.revoke("k", NOW)):
        with pytest.raises(Unsupported) as caught:
            use()
        assert caught.value.code == "keys_in_gateway"
    assert keys.get("k") is None
    assert keys.count_request("k", DAY, quota=0) == 1
    assert keys.count_requests("k", DAY, 32, quota=0) == 32
    assert keys.used("k", DAY) == 0
    keys.ping()


def held(table: DynamoTable) -> set[str]:
    return {item["ItemKey"] for item in table.query("#lease")}


def test_a_lease_of_the_dead_runs_out(dynamo_table: DynamoTable) -> None:
    runtime = FixedRuntime()
    dead = DynamoLeases(dynamo_table, runtime)
    dead._take(("#lease", "c/a b.jpg"), "nobody", 0)
    waiting = DynamoLeases(dynamo_table, runtime, wait_s=0.2)
    with pytest.raises(Busy), waiting.holding("c", "a b.jpg"):
        pass
    assert held(dynamo_table) == {"c/a b.jpg"}
    assert waiting.forget_old() == 0
    runtime.advance(121)
    with waiting.holding("c", "a b.jpg"):
        # Its first holder comes back to life and lets go of what is not its own any more.
        dead._give_back(("#lease", "c/a b.jpg"), "nobody")
        assert held(dynamo_table) == {"c/a b.jpg"}
    dead._take(("#lease", "c/x"), "nobody", 0)
    runtime.advance(121)
    assert waiting.forget_old() == 1


def test_empty_names_of_metadata_are_kept(dynamo_table: DynamoTable) -> None:
    records = DynamoRecords(dynamo_table)
    records.put_collection(make_collection())
    strange = {"": "nameless", "é": ""}
    records.put_faces([make_face(metadata=strange)])
    records.put_image(make_image(metadata=strange))
    records.put_person(make_person(metadata=strange))
    records.put_upload(make_upload(metadata=strange))
    assert records.get_faces("c", ["f"])["f"].metadata == strange
    found = records.get_image("c", "a b.jpg"), records.get_upload("u")
    assert [one.metadata for one in found if one is not None] == [strange, strange]
    assert records.get_people("c", ["p"])["p"].metadata == strange


@pytest.mark.parametrize("name", ["", "#image/c", "\ud800", "x" * 3000])
def test_names_that_no_table_holds_are_not_there(dynamo_table: DynamoTable, name: str) -> None:
    records = DynamoRecords(dynamo_table)
    records.put_collection(make_collection())
    records.put_image(make_image())
    assert records.get_faces("c", [name]) == {}
    assert records.delete_faces("c", [name]) == []
    assert records.get_faces(name, ["f"]) == {}
    assert records.get_image("c", name) is None
    assert records.get_people("c", [name]) == {}
    assert records.get_upload(name) is None
    assert records.get_collection(name) is None
    assert records.list_images(name, limit=1).items == []
    assert records.list_people(name, limit=1).items == []
    assert records.list_faces(name, limit=1).items == []
    assert records.list_faces("c", limit=1, image_key=name, person_id=name).items == []
    assert records.size(name).faces == 0
    assert list(records.vectors("nowhere")) == []
    assert not records.delete_person("c", name)
    assert not records.delete_image("c", name)
    with pytest.raises(NotFound):
        records.put_person(make_person("p", name))
    records.put_faces([])


def test_people_and_faces_that_do_not_fit(
    aws_application: Application, aws_parts: AwsParts
) -> None:
    recognizer = aws_parts.recognizer
    aws_application.faces.index("a.png", draw(ANA))
    aws_application.faces.index("b.png", draw(ANA_AGAIN))
    mine, other = (aws_application.images.faces(key)[0].face_id for key in ("a.png", "b.png"))
    for name in ("ana", "ben"):
        aws_application.people.create(name, person_id=name)
    with pytest.raises(NotFound) as caught:
        recognizer.disassociate_faces("faceplate", "nobody", [mine])
    assert caught.value.code == "person_not_found"
    with pytest.raises(NotFound) as caught:
        recognizer.associate_faces("faceplate", "nobody", [mine], min_similarity_pct=0)
    assert caught.value.code == "person_not_found"
    with pytest.raises(NotFound):
        recognizer.delete_person("faceplate", "nobody")
    recognizer.associate_faces("faceplate", "ana", [mine], min_similarity_pct=0)
    stolen = recognizer.associate_faces("faceplate", "ben", [mine], min_similarity_pct=0)
    assert stolen.failed == {mine: AssociationProblem.ASSOCIATED_TO_A_DIFFERENT_USER}
    taken = recognizer.disassociate_faces("faceplate", "ben", [mine, other, "none"])
    assert taken.done == []
    assert taken.failed == {
        mine: AssociationProblem.ASSOCIATED_TO_A_DIFFERENT_USER,
        other: AssociationProblem.FACE_NOT_FOUND,
        "none": AssociationProblem.FACE_NOT_FOUND,
    }
    assert recognizer.searchable("faceplate", []) == []
    recognizer.refresh()


def test_words_that_rekognition_may_learn() -> None:
    body = {"FaceDetail": {"BoundingBox": BOX}, "Reasons": ["EXTREME_POSE", "NEW", "NEWER"]}
    assert to_left_out(body).reasons == (Reason.EXTREME_POSE, Reason.LOW_FACE_QUALITY)
    assert to_problem(["NEW", "LOW_MATCH_CONFIDENCE"]) is AssociationProblem.LOW_MATCH_CONFIDENCE
    assert to_problem(["NEW"]) is AssociationProblem.FACE_NOT_FOUND


@pytest.mark.parametrize(
    ("region", "endpoint", "address"),
    [
        ("eu-west-1", "", "https://pictures.s3.eu-west-1.amazonaws.com/uploads/u?"),
        ("us-east-1", "", "https://pictures.s3.us-east-1.amazonaws.com/uploads/u?"),
        ("eu-west-1", "http://localhost:4566", "http://localhost:4566/pictures/uploads/u?"),
        ("eu-west-1", "http://127.0.0.1:1", "http://127.0.0.1:1/pictures/uploads/u?"),
    ],
)
def test_a_presigned_address_names_the_region(
    region: str, endpoint: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    clients = AwsClients()
    box = S3UploadBox(clients, "pictures")
    assert box.address("uploads/u", lifetime=timedelta(minutes=1)).startswith(address)
    clients.close()
