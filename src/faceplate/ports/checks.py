"""Deterministic checks: code that looks at a model's answer and can find fault with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from faceplate.domain.prompts import CheckSpec, PromptApp


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found; ``detail`` says in a few words why it failed, else it is empty."""

    name: str
    passed: bool
    detail: str = ""


class Checker(Protocol):
    """Run checks. Never executes what a model wrote. Safe to call from several threads."""

    def run(
        self,
        app: PromptApp,
        *,
        input_text: str,
        parameters: Mapping[str, object],
        text: str,
        result: Mapping[str, Any] | None,
        specs: Sequence[CheckSpec] | None = None,
    ) -> Sequence[CheckResult]:
        """Run the application's checks, or ``specs`` instead, in their order.

        ``result`` is the typed result, or None for a text answer; checks meant for the other kind
        are left out.
        """
        ...

    def problem(self, spec: CheckSpec) -> str | None:
        """Return what is wrong with a check as it is written, or None."""
        ...
