"""The document is OpenAPI 3.1 by the rules of the specification itself."""

import json

from fastapi import FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator

from faceplate.http.app import openapi_document


def test_the_document_is_valid_openapi(app: FastAPI) -> None:
    document = json.loads(openapi_document(app))
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_a_broken_document_is_not_valid(app: FastAPI) -> None:
    document = json.loads(openapi_document(app))
    document["paths"]["/v1/health"]["get"]["operationId"] = 5
    assert list(OpenAPIV31SpecValidator(document).iter_errors())
