"""How values are written into columns of text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any


def from_moment(moment: datetime) -> str:
    """Write a moment so that the order of texts is the order of time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def to_json(value: Mapping[str, object] | Sequence[object]) -> str:
    """Write JSON without spaces, other alphabets as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Any:
    """Read JSON."""
    return json.loads(text)


def id_list(ids: Sequence[str]) -> str:
    """Write ids for ``IN (SELECT value FROM json_each(?))``: one parameter, however many ids."""
    return json.dumps(list(ids))
