"""Ask one check about one answer."""

from __future__ import annotations

from typing import Any

from faceplate.adapters.checks.checks import CHECKS
from faceplate.adapters.checks.subject import Subject, walk


def fault(
    check: str,
    /,
    *values: Any,
    result: dict[str, Any] | None = None,
    path: str = "",
    input_text: str = "",
    parameters: dict[str, Any] | None = None,
    **options: Any,
) -> str | None:
    """Return what the check finds wrong with the values, or with a place in a result."""
    found = tuple(walk(result, path)) if result is not None and path else values
    subject = Subject(
        values=found,
        text=str(values[0]) if values else "",
        result=result,
        input_text=input_text,
        parameters=parameters or {},
    )
    return CHECKS[check](subject, **options)
