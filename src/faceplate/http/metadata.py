"""Metadata in ``x-amz-meta-`` headers, as S3 clients send it."""

from __future__ import annotations

from collections.abc import Sequence
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from faceplate.domain.errors import InvalidParameter

PREFIX = b"x-amz-meta-"


def read_metadata(raw_headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Collect metadata from the headers of a request; names are lower case.

    A header given twice becomes one value with a comma, as HTTP reads it.

    Raises:
        InvalidParameter: A name is empty.
    """
    found: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        lowered = raw_name.lower()
        if not lowered.startswith(PREFIX):
            continue
        name = lowered.removeprefix(PREFIX).decode("latin-1")
        if not name:
            raise InvalidParameter("A metadata header has no name.", parameter="x-amz-meta-")
        value = decode_value(raw_value)
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def decode_value(raw: bytes) -> str:
    """Decode a header's bytes: RFC 2047 words, else UTF-8, else Latin-1."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text
