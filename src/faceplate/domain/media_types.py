"""Kinds of bodies, told by their content type."""

from __future__ import annotations


def is_json(content_type: str) -> bool:
    """Tell whether a content type is JSON."""
    kind = _kind(content_type)
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )


def is_events(content_type: str) -> bool:
    """Tell whether a content type is a stream of server-sent events."""
    return _kind(content_type) == "text/event-stream"


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
