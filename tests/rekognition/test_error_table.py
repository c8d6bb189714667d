"""Each of our errors has one of Amazon's names, and only names that an operation documents."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws_serving import AwsServing, aws_serving
from faceplate.domain import errors
from faceplate.domain.errors import FaceplateError, every_error
from faceplate.http.codes import CODES
from faceplate.http.rekognition.errors import BEFORE_ANY_OPERATION, BY_CLASS, TEXTS, translate
from faceplate.http.rekognition.model import load_model
from faceplate.http.rekognition.operations import OPERATIONS
from faceplate.http.rekognition.operations.exceptions import EXCEPTIONS

MODEL = load_model()
KNOWN = {name for operation in MODEL.operations.values() for name in operation.exceptions}


def make(kind: type[FaceplateError], code: str | None = None) -> FaceplateError:
    extra: dict[str, Any] = {"parameter": "p"} if issubclass(kind, errors.InvalidParameter) else {}
    return kind("Ours.", code=code, **extra)


def test_every_class_has_a_name() -> None:
    assert set(BY_CLASS) == set(every_error())
    assert set(BY_CLASS.values()) <= KNOWN
    assert set(EXCEPTIONS.values()) <= KNOWN
    assert set(TEXTS) <= KNOWN


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_error_is_documented_by_the_operation(name: str) -> None:
    operation = MODEL.operations[name]
    possible = [make(kind) for kind in every_error()]
    possible += [make(entry.error, code) for code, entry in CODES.items()]
    possible += [make(FaceplateError, code) for code in EXCEPTIONS]
    for error in possible:
        found = translate(error, operation)
        if error.code in BEFORE_ANY_OPERATION:
            assert found.name == "SerializationException"
            continue
        assert found.name in operation.exceptions
        assert found.status == (500 if found.name == "InternalServerError" else 400)
        assert found.message.endswith("Ours.")


@pytest.mark.parametrize(
    ("error", "name", "message"),
    [
        (
            errors.NotFound("The collection id: a does not exist.", code="collection_not_found"),
            "ResourceNotFoundException",
            "The collection id: a does not exist.",
        ),
        (
            errors.InvalidImage("It is cut off."),
            "InvalidImageFormatException",
            "Request has invalid image format. It is cut off.",
        ),
        (
            errors.NoFaceFound("The picture shows no face."),
            "InvalidParameterException",
            "There are no faces in the image. Should be at least 1. The picture shows no face.",
        ),
        (
            errors.StorageFull("No space."),
            "InternalServerError",
            "Internal server error. No space.",
        ),
        (
            errors.RateLimited("One a second."),
            "ThrottlingException",
            "Slow down; sudden increase in rate of requests. One a second.",
        ),
        (
            errors.QuotaExceeded("The day is used up."),
            "ProvisionedThroughputExceededException",
            "Provisioned Rate exceeded. The day is used up.",
        ),
    ],
)
def test_names_and_texts(error: FaceplateError, name: str, message: str) -> None:
    found = translate(error, MODEL.operations["SearchFacesByImage"])
    assert (found.name, found.message) == (name, message)
    assert ("retry-after" in found.headers) == isinstance(error, errors.Busy)


def test_what_an_operation_does_not_document_becomes_an_invalid_parameter() -> None:
    conflict = errors.Conflict("There already.")
    assert translate(conflict, MODEL.operations["CreateUser"]).name == "ConflictException"
    assert translate(conflict, MODEL.operations["ListFaces"]).name == "InvalidParameterException"
    assert translate(conflict, None).name == "ConflictException"


def test_a_fault_of_ours_is_an_internal_error_without_its_text() -> None:
    with aws_serving() as aws:
        break_records(aws)
        with pytest.raises(ClientError) as caught:
            aws.client().describe_collection(CollectionId="a")
        response = caught.value.response
        assert response["Error"] == {
            "Code": "InternalServerError",
            "Message": "Internal server error. Something went wrong on our side.",
        }
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 500


def break_records(aws: AwsServing) -> None:
    def fail(_collection_id: str) -> None:
        raise RuntimeError("a secret of ours")

    aws.parts.records.get_collection = fail  # type: ignore[method-assign]
