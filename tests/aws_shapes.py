"""Answers held against botocore's own reading of the service model, apart from ours."""

from __future__ import annotations

import base64
import json
import math
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape

ANY_REQUEST = {
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "UnrecognizedClientException",
}
"""What AWS answers before it looks at an operation; the service model does not list these."""

MAY_BE_EMPTY = {"DeleteFaces.DeletedFaces"}
"""A list of the shape that inputs use, at least one long; when nothing was deleted, it is empty."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}


@cache
def service_model() -> ServiceModel:
    found: ServiceModel = botocore.session.Session().get_service_model("rekognition")
    return found


def check_answer(operation: OperationModel, status: int, headers: Any, body: bytes) -> None:
    """Fail unless an answer is one that the model, or the protocol, allows."""
    assert headers["content-type"] == "application/x-amz-json-1.1"
    request_id = headers["x-amzn-requestid"]
    assert request_id == headers["x-request-id"]
    document = json.loads(body)
    if status == 200:
        if operation.output_shape is not None:
            check_shape(operation.output_shape, document, operation.name)
        return
    assert set(document) == {"__type", "Code", "Logref", "Message"}
    assert document["__type"] == document["Code"]
    assert document["Logref"] == request_id
    documented = {shape.name for shape in operation.error_shapes}
    assert document["Code"] in documented | ANY_REQUEST, document
    assert status == (500 if document["Code"] == "InternalServerError" else 400)


def check_shape(shape: Shape, value: Any, path: str) -> None:
    """Fail unless a JSON value fits a shape of an answer."""
    kind = shape.type_name
    assert isinstance(value, _KINDS[kind]), (path, kind, value)
    assert kind == "boolean" or not isinstance(value, bool), path
    if kind == "structure":
        assert set(value) <= set(shape.members), (path, set(value) - set(shape.members))
        assert set(shape.required_members) <= set(value), path
        for name, one in value.items():
            check_shape(shape.members[name], one, f"{path}.{name}")
    elif kind == "map":
        _check_size(shape, len(value), path)
        for name, one in value.items():
            check_shape(shape.key, name, f"{path}.{name}")
            check_shape(shape.value, one, f"{path}.{name}")
    elif kind == "list":
        if path not in MAY_BE_EMPTY or value:
            _check_size(shape, len(value), path)
        for position, one in enumerate(value):
            check_shape(shape.member, one, f"{path}[{position}]")
    elif kind == "string":
        _check_string(shape, value, path)
    elif kind == "blob":
        _check_size(shape, len(base64.b64decode(value, validate=True)), path)
    elif kind == "timestamp":
        assert 1e9 < value < 1e10, (path, "seconds since 1970")
    elif kind != "boolean":
        assert math.isfinite(value), path
        _check_size(shape, value, path)


def _check_string(shape: Shape, value: str, path: str) -> None:
    _check_size(shape, len(value), path)
    enum = shape.metadata.get("enum")
    assert enum is None or value in enum, (path, value)
    pattern = shape.metadata.get("pattern")
    if pattern is not None:
        assert fits_pattern(pattern, value), (path, value)


def fits_pattern(pattern: str, value: str) -> bool:
    r"""Match a pattern of the model, ``\p{L}`` and the like by looking at each character."""
    if r"\p" not in pattern:
        return re.fullmatch(pattern, value) is not None
    plain = re.sub(r"\\p\{[LZN]\}", "", pattern)
    letters = "".join(
        "a" if one == " " or (not one.isascii() and unicodedata.category(one)[0] in "LZN") else one
        for one in value
    )
    return re.fullmatch(plain.replace("[", "[a-zA-Z0-9", 1), letters) is not None


def _check_size(shape: Shape, size: float, path: str) -> None:
    assert size >= shape.metadata.get("min", -math.inf), (path, size)
    assert size <= shape.metadata.get("max", math.inf), (path, size)
