"""The document: every route, every code, every example true."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

import faceplate
from asgi_client import Client, api_routes
from faceplate.domain.errors import every_error
from faceplate.http.app import REQUESTS, openapi_document
from faceplate.http.codes import CODES
from faceplate.http.rekognition.operations.exceptions import EXCEPTIONS
from faceplate.http.schemas import faces, images, keys, people, recognition, system, uploads

SERVED = """
GET /v1/health
GET /v1/info
PUT /v1/index/{filename}
POST /v1/index/{filename}
PUT /v1/search
POST /v1/search
POST /v1/detect
POST /v1/compare
GET /v1/images
GET /v1/images/{key}
GET /v1/images/{key}/faces
GET /v1/images/{key}/annotated
DELETE /v1/images/{key}
GET /v1/faces
GET /v1/faces/{face_id}
DELETE /v1/faces/{face_id}
GET /v1/faces/{face_id}/similar
POST /v1/faces/query
POST /v1/people
GET /v1/people
GET /v1/people/{person_id}
PATCH /v1/people/{person_id}
DELETE /v1/people/{person_id}
POST /v1/people/{person_id}/erase
GET /v1/people/{person_id}/faces
PUT /v1/people/{person_id}/faces
DELETE /v1/people/{person_id}/faces/{face_id}
POST /v1/people/{person_id}/merge
POST /v1/people/purge-expired
GET /v1/audit
POST /v1/uploads
PUT /v1/uploads/{upload_id}
GET /v1/uploads/{upload_id}
GET /v1/keys
POST /v1/keys
DELETE /v1/keys/{key_id}
POST /v1/keys/{key_id}/rotate
POST /v1/backups
POST /v1/restore
GET /metrics
GET /v1/examples
GET /v1/examples/{slug}
POST /v1/examples/{slug}
GET /v1/usage
POST /v1/chat/completions
GET /v1/models
GET /v1/models/{model}
POST /v1/embeddings
POST /v1/moderations
POST /v1/images/generations
POST /v1/audio/speech
POST /v1/audio/transcriptions
POST /v1/audio/translations
POST /v1/responses
POST /v1/passthrough
"""
OPENAI_ERROR = "#/components/schemas/OpenAiErrorBody"
NEVER_OVER_HTTP = {
    "data_folder_in_use",
    "database_too_new",
    "download_failed",
    "manifest_invalid",
    "model_not_convertible",
    "provider_not_found",
    "setting_invalid",
    "setting_unknown",
}
"""Raised before a server is up, or by the command line alone."""
ELSEWHERE = {"cli", "config.py", "entrypoints"}
"""And what only Amazon's protocol answers, which names it by `EXCEPTIONS`."""


@pytest.fixture
def document(app: FastAPI) -> Any:
    return json.loads(openapi_document(app))


def operations(document: Any) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def test_the_contract_is_served_and_nothing_else(document: Any) -> None:
    assert set(operations(document)) == set(SERVED.split("\n")[1:-1])


def test_the_document_needs_no_key_and_is_the_same_each_time(client: Client) -> None:
    nobody = client.with_secret(None)
    answer = nobody.get("/openapi.json")
    assert answer.status == 200
    assert answer.json()["openapi"].startswith("3.1")
    assert nobody.get("/openapi.json").body == answer.body


def test_every_operation_is_described(document: Any) -> None:
    ids = [operation["operationId"] for operation in operations(document).values()]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in document["tags"]}
    for name, operation in operations(document).items():
        assert operation["summary"], name
        assert operation["description"], name
        assert set(operation["tags"]) <= tags, name
        assert "security" in operation, name
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], f"{name} {parameter['name']}"
        if name.startswith(("PUT", "PATCH")) or "requestBody" in operation:
            assert operation["requestBody"]["content"], name
        success = [status for status in operation["responses"] if status < "300"]
        assert success, name
        for status in success:
            assert operation["responses"][status]["content"], name


def test_every_error_status_lists_its_codes(document: Any) -> None:
    by_code = {row["code"]: row["status"] for row in document["x-error-codes"]}
    for name, operation in operations(document).items():
        assert "500" in operation["responses"], name
        if operation["security"]:
            assert {"401", "403", "429"} <= set(operation["responses"]), name
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/problem+json")
            if content is None:
                shape = answer.get("content", {}).get("application/json", {}).get("schema")
                if status >= "400" and shape == {"$ref": OPENAI_ERROR}:
                    assert ("headers" in answer) == (status in {"429", "503"}), name
                    continue
                assert status < "400" or status == "503", name
                continue
            codes = content["schema"]["properties"]["code"]["enum"]
            assert {by_code[code] for code in codes} == {int(status)}, name
            assert content["example"]["code"] in codes
            if status in {"429", "503"}:
                assert "Retry-After" in answer["headers"], name


def test_image_bodies_are_shown_in_every_form(document: Any) -> None:
    for name in ("PUT /v1/index/{filename}", "POST /v1/search", "POST /v1/detect"):
        content = operations(document)[name]["requestBody"]["content"]
        assert {
            "image/jpeg",
            "text/plain",
            "multipart/form-data",
            "application/json",
            "application/octet-stream",
        } <= set(content)
        assert content["image/jpeg"]["schema"] == {"type": "string", "format": "binary"}


def test_parameters_show_ranges_and_choices(document: Any) -> None:
    parameters = {
        parameter["name"]: parameter["schema"]
        for parameter in operations(document)["POST /v1/search"]["parameters"]
    }
    text = json.dumps(parameters["min_similarity"])
    assert '"maximum": 100' in text
    assert "high-risk" in text
    assert "4096" in json.dumps(parameters["limit"])
    assert set(document["components"]["schemas"]["QualityFilter"]["enum"]) == {
        "NONE",
        "AUTO",
        "LOW",
        "MEDIUM",
        "HIGH",
    }


def test_every_reference_leads_somewhere(document: Any) -> None:
    schemas = document["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert named <= set(schemas)
    assert "HTTPValidationError" not in schemas
    assert set(document["components"]["securitySchemes"]) == {"apiKey", "bearer"}


def every_model() -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    for module in (faces, images, keys, people, recognition, system, uploads):
        found += [
            value
            for value in vars(module).values()
            if isinstance(value, type)
            and issubclass(value, BaseModel)
            and value.__module__ == module.__name__
        ]
    return found


@pytest.mark.parametrize("model", every_model(), ids=lambda model: model.__name__)
def test_examples_are_true(model: type[BaseModel]) -> None:
    extra = model.model_config.get("json_schema_extra") or {}
    assert isinstance(extra, dict)
    examples = extra.get("examples", [])
    assert isinstance(examples, list)
    for example in examples:
        model.model_validate_json(json.dumps(example))
    if model in REQUESTS:
        assert examples


def test_every_code_that_can_be_raised_is_in_the_document(document: Any) -> None:
    root = Path(faceplate.__file__).parent
    raised = {error.default_code for error in every_error()}
    for path in root.rglob("*.py"):
        if not ELSEWHERE & set(path.relative_to(root).parts):
            raised |= set(re.findall(r'code="([a-z_]+)"', path.read_text(encoding="utf-8")))
    listed = {row["code"] for row in document["x-error-codes"]}
    assert raised - listed <= NEVER_OVER_HTTP | set(EXCEPTIONS)
    assert not listed & NEVER_OVER_HTTP
    assert listed == set(CODES)


def test_every_operation_is_reached_by_one_route(app: FastAPI) -> None:
    seen = [(method, route.path_format) for route in api_routes(app) for method in route.methods]
    assert len(seen) == len(set(seen))
