"""Stored images and the names they go by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from faceplate.domain.errors import InvalidParameter

MAX_EXTERNAL_IMAGE_ID_CHARS = 255
"""Source: length limit of ExternalImageId in Amazon Rekognition's service model."""

MAX_PICTURE_BYTES = 256 * 1024 * 1024
"""The highest limit that can be set for a picture, and so the most that is kept of one."""

_PLAIN = re.compile(rb"[A-Za-z0-9_.\-]")
_EXTERNAL_IMAGE_ID = re.compile(r"[a-zA-Z0-9_.\-:]{1,255}")
_VIEW = re.compile(r"(?s:.)/(faces|annotated)\Z")
_ESCAPE = re.compile(r":([0-9A-F]{2})")


@dataclass(frozen=True, slots=True)
class StoredImage:
    """What is remembered of one picture; its bytes lie in the blob store as ``blob_name``.

    ``width_px`` and ``height_px`` are of the upright picture (EXIF turn applied). ``model`` names
    the embedding its faces were made with. ``blob_name`` is None once the bytes were erased while
    faceprints of other people in the picture were kept.
    """

    collection_id: str
    key: str
    sha256: str
    size_bytes: int
    content_type: str
    width_px: int
    height_px: int
    image_id: str
    blob_name: str | None
    model: str
    created_at: datetime
    options: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def require_image_key(key: str) -> str:
    """Return a key under which a picture may be stored.

    ``team/faces`` would never be downloaded: ``/v1/images/team/faces`` are the faces of ``team``.

    Raises:
        InvalidParameter: Code ``image_key_invalid``.
    """
    if _VIEW.search(key):
        raise InvalidParameter(
            "The image key may not end in /faces or /annotated: those are routes of a picture.",
            parameter="key",
            code="image_key_invalid",
        )
    return key


def encode_external_image_id(key: str) -> str:
    """Encode an image key into the characters Rekognition allows, reversibly and without ``%``.

    Letters, digits, ``_``, ``.`` and ``-`` stand for themselves; every other byte of the UTF-8
    form becomes ``:`` and two upper-case hexadecimal digits, so a space is ``:20``.

    Raises:
        InvalidParameter: The key is empty, is not Unicode text, or its encoded form is longer
            than 255 characters.
    """
    if not key:
        raise InvalidParameter("The image key is empty.", parameter="key", code="image_key_invalid")
    try:
        raw = key.encode("utf-8")
    except UnicodeEncodeError as exc:
        raise InvalidParameter(
            "The image key is not valid Unicode text.", parameter="key", code="image_key_invalid"
        ) from exc
    encoded = "".join(
        chr(byte) if _PLAIN.fullmatch(bytes((byte,))) else f":{byte:02X}" for byte in raw
    )
    if len(encoded) > MAX_EXTERNAL_IMAGE_ID_CHARS:
        raise InvalidParameter(
            "The image key is too long: its encoded form may have at most 255 characters, "
            f"this one has {len(encoded)}.",
            parameter="key",
            code="image_key_too_long",
            details={"encoded_chars": len(encoded), "max_encoded_chars": 255},
        )
    return encoded


def decode_external_image_id(external_image_id: str) -> str:
    """Return the key that `encode_external_image_id` was given.

    An id that our encoding could not have made (one chosen by somebody else, like ``a:b``) is its
    own key.
    """
    if _ESCAPE.sub("", external_image_id).count(":"):
        return external_image_id
    raw = bytearray()
    position = 0
    while position < len(external_image_id):
        if external_image_id[position] == ":":
            raw.append(int(external_image_id[position + 1 : position + 3], 16))
            position += 3
        else:
            raw += external_image_id[position].encode("utf-8")
            position += 1
    try:
        key = raw.decode("utf-8")
    except UnicodeDecodeError:
        return external_image_id
    return key if encode_external_image_id(key) == external_image_id else external_image_id


def require_external_image_id(value: str) -> str:
    """Return ``value`` when it fits Rekognition's pattern for ExternalImageId."""
    if not _EXTERNAL_IMAGE_ID.fullmatch(value):
        raise InvalidParameter(
            "ExternalImageId must have 1 to 255 characters of a-z, A-Z, 0-9, _ . - and :.",
            parameter="ExternalImageId",
        )
    return value
