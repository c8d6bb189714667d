"""Inputs drawn from the service model: valid ones are accepted, and none ends in a 500."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aws_constraints import raw_shape
from aws_serving import AwsServing
from aws_shapes import service_model
from build import ANA, BEN, draw
from faceplate.http.rekognition.model import load_model
from faceplate.http.rekognition.operations import OPERATIONS
from faceplate.http.rekognition.validate import validate

COLLECTION = "properties"
PICTURES = (draw(ANA), draw(ANA, BEN), draw(BEN, form="JPEG"), draw())
NOBODYS_FACE = "00000000-0000-0000-0000-000000000000"
KNOWN: dict[str, list[str]] = {
    "CollectionId": [COLLECTION, "nowhere"],
    "UserId": ["ana", "nobody"],
    "FaceId": [NOBODYS_FACE],
    "ResourceArn": [
        f"arn:aws:rekognition:eu-west-1:000000000000:collection/{name}"
        for name in (COLLECTION, "nowhere")
    ],
    "S3Bucket": ["faceplate", "elsewhere"],
}
"""Values that mean something to the server, so that a valid input gets past the first look-up."""

many = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def _inhabited(aws: AwsServing) -> None:
    """Fill the collection that drawn inputs speak of."""
    client = aws.client()
    if COLLECTION in client.list_collections()["CollectionIds"]:
        client.delete_collection(CollectionId=COLLECTION)
    client.create_collection(CollectionId=COLLECTION, Tags={"a": "b"})
    indexed = client.index_faces(CollectionId=COLLECTION, Image={"Bytes": draw(ANA, BEN)})
    found = [record["Face"]["FaceId"] for record in indexed["FaceRecords"]]
    KNOWN["FaceId"] = [NOBODYS_FACE, *found]
    client.create_user(CollectionId=COLLECTION, UserId="ana")


def valid(name: str) -> st.SearchStrategy[Any]:
    """Return JSON values that fit a shape."""
    shape = raw_shape(name)
    kind, least, most = shape["type"], shape.get("min", 0), shape.get("max")
    if kind == "structure":
        found = _structures(shape)
    elif kind == "list":
        found = st.lists(valid(shape["member"]["shape"]), min_size=least, max_size=6)
    elif kind == "map":
        keys, values = valid(shape["key"]["shape"]), valid(shape["value"]["shape"])
        found = st.dictionaries(keys, values, min_size=least, max_size=6)
    elif kind == "integer":
        found = st.integers(least, most or 2**31 - 1)
    elif kind == "float":
        found = st.floats(least, most, width=32) | st.integers(least, most)
    elif kind == "blob":
        pictures = st.sampled_from(PICTURES) | st.binary(min_size=least, max_size=200)
        found = pictures.map(lambda data: base64.b64encode(data).decode())
    else:
        found = text(name, shape)
    return found


def _structures(shape: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    members = {member: valid(ref["shape"]) for member, ref in shape["members"].items()}
    needed = {member: members.pop(member) for member in shape.get("required", ())}
    rest = {member: one | st.none() for member, one in members.items()}
    return st.fixed_dictionaries(needed, optional=rest)


def text(name: str, shape: Mapping[str, Any]) -> st.SearchStrategy[str]:
    least, most, pattern = shape.get("min", 0), shape.get("max"), shape.get("pattern")
    if "enum" in shape:
        return st.sampled_from(shape["enum"])
    if pattern is None:
        drawn = st.text(min_size=least, max_size=most)
    elif r"\p" in pattern:
        letters = st.characters(categories=["L", "Z", "N"], include_characters="_.:/=+-@")
        drawn = st.text(letters, min_size=least, max_size=most)
        if "aws:" in pattern:
            drawn = drawn.filter(lambda one: not one.startswith("aws:"))
    else:
        drawn = st.from_regex(pattern.strip("^$"), fullmatch=True).filter(
            lambda one: least <= len(one) <= (most or len(one))
        )
    if name in KNOWN:
        return drawn | st.deferred(lambda: st.sampled_from(KNOWN[name]))
    return drawn


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@st.composite
def spoilt(draw_one: st.DrawFn, name: str) -> Any:
    """Return a valid value with one place changed to anything at all."""
    made = draw_one(valid(name))
    places: list[tuple[Any, Any]] = []
    waiting = [made]
    while waiting:
        one = waiting.pop()
        keys = one if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            places.append((one, key))
            waiting.append(one[key])
    if not places:
        return draw_one(anything)
    holder, key = draw_one(st.sampled_from(places))
    holder[key] = draw_one(anything)
    return made


def input_of(operation: str) -> str:
    found: str = service_model().operation_model(operation).input_shape.name
    return found


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_valid_inputs_are_accepted(aws: AwsServing, operation: str) -> None:
    model = load_model()
    named = model.operations[operation].input

    @many
    @given(valid(input_of(operation)))
    def accepted(members: dict[str, Any]) -> None:
        assert validate(model.shapes, named, json.loads(json.dumps(members)))[1] == []
        answer = aws.call(operation, members)  # holds the answer against the model, too
        assert answer.code not in {"InternalServerError", "SerializationException"}

    accepted()


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_spoilt_inputs_are_no_fault_of_the_servers(aws: AwsServing, operation: str) -> None:
    @many
    @given(spoilt(input_of(operation)) | anything)
    def survived(members: Any) -> None:
        body = json.dumps(members).encode()
        answer = aws.call(operation, body)
        assert answer.status in {200, 400}
        if not isinstance(members, dict):
            assert answer.code == "SerializationException"

    survived()


@many
@given(body=st.binary(max_size=300))
def test_any_bytes_are_survived(aws: AwsServing, body: bytes) -> None:
    assert aws.call("DescribeCollection", body).status == 400


@many
@given(
    headers=st.dictionaries(
        st.sampled_from(["Authorization", "X-Amz-Date", "X-Amz-Target", "Content-Type", "Host"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"])),
    ),
    cut=st.integers(0, 400),
)
def test_any_headers_are_survived(aws: AwsServing, headers: dict[str, str], cut: int) -> None:
    right = aws.sign("RekognitionService.ListCollections", b"{}")
    short = {**right, "Authorization": right["Authorization"][:cut]}
    for sent in ({**right, **headers}, short):
        answer = aws.send({name: value.encode("latin-1") for name, value in sent.items()}, b"{}")
        assert answer.status in {200, 400, 405}
