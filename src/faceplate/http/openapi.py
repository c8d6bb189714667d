"""The OpenAPI document: complete, and made once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from faceplate import __version__
from faceplate.http.codes import CODES
from faceplate.http.errors import MEDIA_TYPE, STATUS, title_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic import BaseModel

Responses = dict[int | str, dict[str, Any]]

_REF = "#/components/schemas/{model}"
_PROBLEM = {"$ref": _REF.format(model="Problem")}
RETRY = {
    "Retry-After": {
        "description": "Whole seconds, at least 1.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_GREY_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAAAAAA6mKC9AAAAD0lEQVR42mNoQAMMI1sAAAUMgAHjM1mK"
    "AAAAAElFTkSuQmCC"
)
"""A picture of nothing, 16 x 16, that can be sent as it stands."""
_SECURITY = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same API key."},
}
_ABOUT = """Recognise faces: index pictures, search who is in one, keep people. Run prompt
applications.

Every error is `application/problem+json` with a stable `code`; on OpenAI's routes it has
OpenAI's shape. Every answer carries
`x-request-id`. `HEAD` works wherever `GET` does. Query parameters a route does not know are
refused. Names of members in the shape of Amazon Rekognition are Amazon Rekognition's.

`POST /` speaks Amazon Rekognition's own protocol to programs made for it, with an access key of
`POST /v1/keys` (`"kind": "aws"`); it is not described here but by Amazon's service model.
"""


def document(
    app: FastAPI, tags: Sequence[Mapping[str, str]], requests: Sequence[type[BaseModel]]
) -> dict[str, Any]:
    """Build the document of an app; ``requests`` are the models of JSON request bodies."""
    # Routes are declared with this module; only the document needs what makes it.
    from fastapi.openapi.utils import get_openapi  # noqa: PLC0415
    from pydantic.json_schema import models_json_schema  # noqa: PLC0415

    from faceplate.http.schemas.problem import Problem  # noqa: PLC0415

    found = get_openapi(
        title="Faceplate",
        version=__version__,
        openapi_version="3.1.0",
        summary="Face recognition over REST.",
        description=_ABOUT,
        routes=[*app.routes, *getattr(app.state, "documented", ())],
        tags=[dict(tag) for tag in tags],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    models: list[type[BaseModel]] = [*requests, Problem]
    _, extra = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    schemas.update(extra["$defs"])
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["securitySchemes"] = _SECURITY
    components["schemas"] = dict(sorted(schemas.items()))
    for operation in (op for item in found["paths"].values() for op in item.values()):
        # FastAPI announces 422 for its own errors; ours are 400 and listed already.
        if "HTTPValidationError" in str(operation["responses"].get("422", "")):
            del operation["responses"]["422"]
        for parameter in operation.get("parameters", ()):
            parameter["schema"].pop("title", None)
    found["x-error-codes"] = [
        {"code": code, "status": status_of_code(code), "meaning": entry.meaning}
        for code, entry in CODES.items()
    ]
    return found


def status_of_code(code: str) -> int:
    """Return the status a code is answered with."""
    entry = CODES[code]
    return entry.status or STATUS[entry.error]


def error_responses(codes: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """Describe the error answers with these codes, a response for each status."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(status_of_code(code), []).append(code)
    return {status: _response(status, found) for status, found in sorted(by_status.items())}


def picture_content(description: str, *media_types: str) -> dict[str, Any]:
    """Describe an answer of bytes."""
    return {
        "description": description,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types
        },
    }


def json_body(model: type[BaseModel] | str, *, required: bool = True) -> dict[str, Any]:
    """Describe a JSON request body by its model, or by the name of one of `REQUESTS`."""
    name = model if isinstance(model, str) else model.__name__
    schema = {"$ref": _REF.format(model=name)}
    return {"required": required, "content": {"application/json": {"schema": schema}}}


def image_body() -> dict[str, Any]:
    """Describe a body that carries one picture, in each form it may have."""
    content: dict[str, Any] = {
        kind: {"schema": {"type": "string", "format": "binary"}}
        for kind in (
            "image/jpeg",
            "image/png",
            "image/webp",
            "image/gif",
            "image/bmp",
            "image/tiff",
            "image/avif",
            "image/heic",
            "application/octet-stream",
        )
    }
    text = {"type": "string", "description": "Base64, or a data URL with base64."}
    content["text/plain"] = {"schema": {**text, "contentEncoding": "base64"}}
    content["multipart/form-data"] = {
        "schema": {
            "type": "object",
            "description": "The first part that is a file counts, whatever its field is called.",
            "properties": {"image": {"type": "string", "format": "binary"}},
        }
    }
    content["application/json"] = {
        "schema": {
            "type": "object",
            "additionalProperties": False,
            "required": ["image"],
            "properties": {"image": text},
        },
        "example": {"image": f"data:image/png;base64,{_GREY_PNG}"},
    }
    return {
        "required": True,
        "description": "A picture. What it is decides the content, not the content type; only "
        "multipart and JSON are told by theirs.",
        "content": content,
    }


def two_images_body() -> dict[str, Any]:
    """Describe a body that carries two pictures, ``source`` and ``target``."""

    def schema(member: dict[str, str], *, closed: bool) -> dict[str, Any]:
        found: dict[str, Any] = {
            "type": "object",
            "required": ["source", "target"],
            "properties": {"source": member, "target": member},
        }
        return {**found, "additionalProperties": False} if closed else found

    return {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": schema({"type": "string", "format": "binary"}, closed=False)
            },
            "application/json": {
                "schema": schema(
                    {"type": "string", "description": "Base64 or a data URL."}, closed=True
                )
            },
        },
    }


def _response(status: int, codes: Sequence[str]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "description": " ".join(f"`{code}`: {CODES[code].meaning}" for code in codes),
        "content": {
            MEDIA_TYPE: {
                "schema": {
                    "allOf": [_PROBLEM],
                    "properties": {"code": {"type": "string", "enum": list(codes)}},
                },
                "example": {
                    "type": "about:blank",
                    "title": title_of(status),
                    "status": status,
                    "detail": CODES[codes[0]].meaning,
                    "code": codes[0],
                    "request_id": "5f2b8c0e9d3a4e7f",
                },
            }
        },
    }
    if status in {429, 503}:
        body["headers"] = RETRY
    return body
