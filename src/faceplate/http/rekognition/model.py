"""Amazon Rekognition's service model, as botocore ships it: operations, shapes and their rules."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from faceplate.domain.errors import Misconfigured
from faceplate.http.rekognition.sizes import MAX_BLOB_CHARS, MAX_REST_BYTES

_FILE = "data/rekognition/2016-06-27/service-2.json.gz"


@dataclass(frozen=True, slots=True)
class Shape:
    """A type of the model with its rules. Names refer to other shapes.

    ``minimum`` and ``maximum`` bound a number itself, and else its length: characters of a string,
    bytes of a blob, items of a list, entries of a map.
    """

    name: str
    kind: str
    members: Mapping[str, str]
    required: tuple[str, ...]
    item: str
    key: str
    minimum: float | None
    maximum: float | None
    pattern: str | None
    enum: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperationModel:
    """An operation: its input and output shapes, and the exceptions it documents."""

    name: str
    input: str
    output: str
    exceptions: frozenset[str]
    max_body_bytes: int
    has_moments: bool
    """Whether its answer has timestamps."""


@dataclass(frozen=True, slots=True)
class Model:
    """The whole service."""

    shapes: Mapping[str, Shape]
    operations: Mapping[str, OperationModel]
    target_prefix: str
    service: str


@lru_cache(maxsize=1)
def load_model() -> Model:
    """Read the model, once.

    Cost: 5 ms and a file; not for the event loop.

    Raises:
        Misconfigured: botocore's data is not installed.
    """
    found = importlib.util.find_spec("botocore")
    path = Path(found.origin).parent / _FILE if found and found.origin else None
    if path is None or not path.is_file():
        raise Misconfigured("The service model of Amazon Rekognition (botocore) is not installed.")
    document = msgspec.json.decode(gzip.decompress(path.read_bytes()))
    shapes = {name: _shape(name, raw) for name, raw in document["shapes"].items()}
    return Model(
        shapes=shapes,
        operations={
            name: _operation(name, raw, shapes) for name, raw in document["operations"].items()
        },
        target_prefix=document["metadata"]["targetPrefix"],
        service=document["metadata"]["endpointPrefix"],
    )


def reachable(shapes: Mapping[str, Shape], start: str) -> dict[str, Shape]:
    """Return the shapes that a shape is made of, itself included, by their names."""
    found: dict[str, Shape] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in found or not name:
            continue
        shape = found[name] = shapes[name]
        waiting += [*shape.members.values(), shape.item, shape.key]
    return found


def _shape(name: str, raw: Mapping[str, Any]) -> Shape:
    return Shape(
        name=name,
        kind=raw["type"],
        members={member: ref["shape"] for member, ref in raw.get("members", {}).items()},
        required=tuple(raw.get("required", ())),
        item=raw.get("member", raw.get("value", {})).get("shape", ""),
        key=raw.get("key", {}).get("shape", ""),
        minimum=raw.get("min"),
        maximum=raw.get("max"),
        pattern=raw.get("pattern"),
        enum=tuple(raw.get("enum", ())),
    )


def _operation(name: str, raw: Mapping[str, Any], shapes: Mapping[str, Shape]) -> OperationModel:
    found = reachable(shapes, raw["input"]["shape"])
    blobs = _count_blobs(shapes, raw["input"]["shape"], frozenset())
    output = raw["output"]["shape"]
    return OperationModel(
        name=name,
        input=found[raw["input"]["shape"]].name,
        output=output,
        exceptions=frozenset(error["shape"] for error in raw.get("errors", ())),
        max_body_bytes=MAX_REST_BYTES + blobs * MAX_BLOB_CHARS,
        has_moments=any(shape.kind == "timestamp" for shape in reachable(shapes, output).values()),
    )


def _count_blobs(shapes: Mapping[str, Shape], name: str, above: frozenset[str]) -> int:
    """Count the places for a blob in a structure; a list counts once."""
    shape = shapes[name]
    if shape.kind == "blob":
        return 1
    if name in above:
        return 0
    inner = [*shape.members.values(), *filter(None, (shape.item,))]
    return sum(_count_blobs(shapes, one, above | {name}) for one in inner)
