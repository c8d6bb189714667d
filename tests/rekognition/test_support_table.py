"""The table of what works says something about every member the service model has."""

from __future__ import annotations

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from build import ANA, build_memory_application, draw
from faceplate.http.rekognition.operations import OPERATIONS
from faceplate.http.rekognition.operations.support import (
    FACE_DETAIL,
    OUTPUTS,
    PARAMETERS,
    Status,
)
from rekognition_calls import invoking

MODEL = ServiceModel(Loader().load_service_model("rekognition", "service-2"))


def test_every_operation_is_in_the_table() -> None:
    assert set(PARAMETERS) == set(OUTPUTS) == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_member_is_in_the_table(name: str) -> None:
    operation = MODEL.operation_model(name)
    assert set(PARAMETERS[name]) == set(operation.input_shape.members)
    assert set(OUTPUTS[name]) == set(operation.output_shape.members)


def test_every_member_of_a_face_is_in_the_table() -> None:
    assert set(FACE_DETAIL) == set(MODEL.shape_for("FaceDetail").members)


def test_faces_have_the_members_the_table_says() -> None:
    invoke = invoking(build_memory_application(attributes=("AGE_RANGE", "GENDER")).application)
    seen = invoke("DetectFaces", Image={"Bytes": draw(ANA)}, Attributes=["ALL"])
    works = {name for name, support in FACE_DETAIL.items() if support.status is not Status.ABSENT}
    assert set(seen["FaceDetails"][0]) == works
