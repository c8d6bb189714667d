"""Adapters that are made when they are first asked: a start pays for none it does not use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faceplate.domain.prompts import CheckSpec, PromptApp
    from faceplate.ports.checks import Checker, CheckResult
    from faceplate.ports.schemas import Schemas


class DeferredSchemas:
    """`ports.schemas.Schemas`."""

    def problem(self, schema: Mapping[str, Any]) -> str | None:
        """Say what is wrong with a schema; see the port."""
        return self._made.problem(schema)

    def errors(self, schema: Mapping[str, Any], value: object) -> Sequence[str]:
        """Say what of a value does not fit; see the port."""
        return self._made.errors(schema, value)

    @cached_property
    def _made(self) -> Schemas:
        from faceplate.adapters.json_schema.schemas import JsonSchemas

        return JsonSchemas()


class DeferredChecker:
    """`ports.checks.Checker`."""

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
        """Run checks; see the port."""
        return self._made.run(
            app,
            input_text=input_text,
            parameters=parameters,
            text=text,
            result=result,
            specs=specs,
        )

    def problem(self, spec: CheckSpec) -> str | None:
        """Say what is wrong with a check; see the port."""
        return self._made.problem(spec)

    @cached_property
    def _made(self) -> Checker:
        from faceplate.adapters.checks.checks import DeterministicChecker

        return DeterministicChecker()
