"""Names of kept bytes."""

from __future__ import annotations

import re

from faceplate.domain.errors import InvalidParameter

MAX_BLOB_NAME_CHARS = 255

_BLOB_NAME = re.compile(r"[a-z0-9_][a-z0-9._-]*(/[a-z0-9_][a-z0-9._-]*)*")


def require_blob_name(value: str) -> str:
    """Return ``value`` when it is a safe relative path of ``[a-z0-9._/-]``.

    No part is empty or starts with a dot or a dash, so no name climbs out of its root or hides.

    Raises:
        InvalidParameter: Code ``blob_name_invalid``.
    """
    if len(value) > MAX_BLOB_NAME_CHARS or not _BLOB_NAME.fullmatch(value):
        raise InvalidParameter(
            "A blob name has 1 to 255 characters of a-z, 0-9, . _ / and -, and no part of it "
            "starts with a dot or a dash.",
            parameter="name",
            code="blob_name_invalid",
        )
    return value
