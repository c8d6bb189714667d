"""JSON Schema, Draft 2020-12: is it one, and does a value fit it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Schemas(Protocol):
    """Validate values. Safe to call from several threads."""

    def problem(self, schema: Mapping[str, Any]) -> str | None:
        """Return what is wrong with the schema itself, or None."""
        ...

    def errors(self, schema: Mapping[str, Any], value: object) -> Sequence[str]:
        """Return where and why a value does not fit, in a few words each; none when it fits."""
        ...
