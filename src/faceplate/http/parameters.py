"""Parameters that several routes share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import WithJsonSchema

from faceplate.domain.errors import InvalidParameter, Unsupported
from faceplate.domain.faces import QualityFilter
from faceplate.domain.matching import PRESET_MIN_SIMILARITY_PCT
from faceplate.ports.recognizer import Capability, Recognizer

ATTRIBUTES = ("AGE_RANGE", "GENDER")

_MIN_SIMILARITY_SCHEMA = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 100},
        {"type": "string", "enum": [preset.value for preset in PRESET_MIN_SIMILARITY_PCT]},
    ]
}
_ATTRIBUTE = f"({'|'.join((*ATTRIBUTES, 'ALL', 'DEFAULT'))})"
_ATTRIBUTES_SCHEMA = {
    "type": "string",
    "maxLength": 200,
    "pattern": f"^ *{_ATTRIBUTE} *(, *{_ATTRIBUTE} *)*$",
}

CollectionQuery = Annotated[
    str | None,
    Query(
        alias="collection_id",
        description="The collection to work on; the configured one when left out.",
        pattern=r"^[a-zA-Z0-9_.\-]{1,255}$",
        examples=["faceplate"],
    ),
]
LimitQuery = Annotated[int, Query(ge=1, le=1000, description="At most so many items in a page.")]
TokenQuery = Annotated[
    str | None,
    Query(
        alias="next_token",
        max_length=4096,
        description="The `next_token` of the page before; the first page when left out.",
    ),
]
MinSimilarityQuery = Annotated[
    Annotated[str, WithJsonSchema(_MIN_SIMILARITY_SCHEMA)] | None,
    Query(
        alias="min_similarity",
        description="The least similarity that counts as a match: 0 to 100 or a preset. "
        "`default` (90) when left out.",
        examples=["default"],
    ),
]
QualityFilterQuery = Annotated[
    QualityFilter,
    Query(
        alias="quality_filter",
        description="Faces below this quality are left out, with their reasons.",
    ),
]
AttributesQuery = Annotated[
    Annotated[str, WithJsonSchema(_ATTRIBUTES_SCHEMA)],
    Query(
        alias="attributes",
        max_length=200,
        description="`DEFAULT`, `ALL`, or a list with commas of `AGE_RANGE` and `GENDER`. "
        "`ALL` gives what is installed; one asked for by name must be installed.",
        examples=["ALL"],
    ),
]
KeyPath = Annotated[
    str, Path(description="The image's key, percent-encoded; slashes may stay as they are.")
]
FaceIdPath = Annotated[str, Path(max_length=255, description="A FaceId.")]
PersonIdPath = Annotated[str, Path(max_length=255, description="A person_id.")]


def read_attributes(text: str, recognizer: Recognizer) -> tuple[str, ...]:
    """Turn the ``attributes`` parameter into the attributes to compute.

    Raises:
        InvalidParameter: A name we do not know.
        Unsupported: One asked for by name that no installed model computes.
    """
    wanted: set[str] = set()
    for name in (part.strip() for part in text.split(",")):
        if name == "ALL":
            wanted.update(each for each in ATTRIBUTES if _can(recognizer, each))
        elif name in ATTRIBUTES:
            if not _can(recognizer, name):
                raise Unsupported(
                    f"No model for {name} is installed.",
                    code="attribute_unsupported",
                    details={"parameter": "attributes", "attribute": name},
                )
            wanted.add(name)
        elif name != "DEFAULT":
            raise InvalidParameter(
                f"attributes may list {', '.join(ATTRIBUTES)}, ALL or DEFAULT.",
                parameter="attributes",
                details={"rule": "enum"},
            )
    return tuple(sorted(wanted))


def _can(recognizer: Recognizer, attribute: str) -> bool:
    return Capability(attribute.lower()) in recognizer.capabilities
