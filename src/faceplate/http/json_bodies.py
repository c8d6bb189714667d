"""JSON bodies: read strictly, checked against a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from faceplate.domain.errors import InvalidInput
from faceplate.http.errors import describe_invalid

if TYPE_CHECKING:
    from pydantic import BaseModel

MAX_JSON_BYTES = 1_048_576

Model = TypeVar("Model", bound="BaseModel")


def decode_json(data: bytes) -> Any:
    """Decode JSON in UTF-8; NaN, Infinity and bottomless nesting are refused.

    Raises:
        InvalidInput: Code ``invalid_json``.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as exc:
        raise InvalidInput("The body is not valid JSON in UTF-8.", code="invalid_json") from exc


def decode_object(data: bytes) -> dict[str, Any]:
    """Decode JSON that must be an object.

    Raises:
        InvalidInput: Code ``invalid_json``.
    """
    found = decode_json(data)
    if not isinstance(found, dict):
        raise InvalidInput("The body must be a JSON object.", code="invalid_json")
    return found


def check(data: bytes, model: type[Model]) -> Model:
    """Decode a JSON body and check it; an empty body counts as ``{}``.

    Raises:
        InvalidInput: Code ``invalid_json``.
        InvalidParameter: A member is missing, unknown or breaks a rule; the first is named.
    """
    from pydantic import ValidationError  # noqa: PLC0415 -- the model has imported it already

    try:
        return model.model_validate(_whole(decode_json(data)) if data.strip() else {})
    except ValidationError as exc:
        raise describe_invalid(
            exc.errors(include_url=False, include_context=False, include_input=False)
        ) from exc


def _whole(found: Any) -> Any:
    """Write ``5.0`` as ``5`` in the members of an object: JSON Schema calls both integers."""
    if not isinstance(found, dict):
        return found
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in found.items()
    }
