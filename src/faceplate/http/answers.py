"""Answers: JSON, pictures, pages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from faceplate.domain.images import StoredImage

JSON = "application/json"
PICTURE_POLICY = "default-src 'none'; sandbox"
PICTURE_CACHE = "private, no-cache"

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_PRINTABLE = re.compile(r"[ -~]*")
_SAFE_NAME = re.compile(r"[^A-Za-z0-9 ._()-]")
_ENCODED_WORD_BYTES = 45
"""An RFC 2047 encoded word has at most 75 characters: 45 bytes in base64 and its frame."""


def encode(body: object) -> bytes:
    """Encode an answer; lone surrogates, which UTF-8 has no room for, become escapes."""
    try:
        return _ENCODER.encode(body)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(body), ensure_ascii=True).encode("ascii")


def json_answer(
    body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Wrap a body that `encode` made."""
    return Response(body, status, headers=headers, media_type=JSON)


def picture_headers(image: StoredImage) -> dict[str, str]:
    """Return the headers of an original picture: name, tag, policy and its metadata."""
    return {
        "etag": f'"{image.sha256}"',
        "cache-control": PICTURE_CACHE,
        "content-security-policy": PICTURE_POLICY,
        "content-disposition": disposition(image.key),
        **metadata_headers(image.metadata),
    }


def disposition(key: str) -> str:
    """Name a download after the last part of its key; no character can leave the header."""
    name = key.rpartition("/")[2] or key
    plain = _SAFE_NAME.sub("_", name)[:200]
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return metadata as ``x-amz-meta-`` headers; what is not plain ASCII as RFC 2047 words.

    A name that cannot be a header is left out; the JSON of the image still has it.
    """
    return {
        f"x-amz-meta-{name}": value if _is_plain(value) else encode_words(value)
        for name, value in metadata.items()
        if _TOKEN.fullmatch(name)
    }


def encode_words(text: str) -> str:
    """Encode text as RFC 2047 words in UTF-8 base64, cut between characters."""
    words, word = [], b""
    for character in text:
        raw = character.encode("utf-8", "replace")
        if len(word) + len(raw) > _ENCODED_WORD_BYTES:
            words.append(word)
            word = b""
        word += raw
    words.append(word)
    return " ".join(f"=?UTF-8?B?{base64.b64encode(part).decode()}?=" for part in words)


def is_fresh(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the caller has this version already."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def _is_plain(value: str) -> bool:
    return _PRINTABLE.fullmatch(value) is not None and value == value.strip() and "=?" not in value


def _plain_number(value: object) -> Any:
    # By name: where another service compares faces, numpy is not installed.
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__qualname__} cannot be JSON")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain_number, decimal_format="number")
