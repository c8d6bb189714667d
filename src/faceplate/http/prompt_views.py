"""Prompt applications and usage as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from faceplate.domain.prompts import PromptApp
from faceplate.ports.prompt_catalog import CatalogProblem
from faceplate.ports.usage import UsageRow

_NUMBERS = ("requests", "failures", "cache_hits", "prompt_tokens", "completion_tokens")


def example_item(app: PromptApp) -> dict[str, Any]:
    """Show an application in short."""
    return {
        "slug": app.slug,
        "title": app.title,
        "summary": app.summary,
        "category": app.category,
        "source_url": app.source_url,
        "legacy": app.legacy,
        "needs": sorted(app.needs),
        "parameters": [parameter.name for parameter in app.parameters],
    }


def example_view(app: PromptApp) -> dict[str, Any]:
    """Show an application with its parameters, its result schema and a sample input."""
    sample = next(iter(app.samples), None)
    return {
        **example_item(app),
        "parameters": [
            {
                "name": one.name,
                "kind": one.kind.value,
                "summary": one.summary,
                "default": one.default,
                "choices": list(one.choices),
                "minimum": one.minimum,
                "maximum": one.maximum,
                "max_chars": one.max_chars,
                "max_items": one.max_items,
            }
            for one in app.parameters
        ],
        "temperature": app.temperature,
        "max_tokens": app.max_tokens,
        "result_schema": dict(app.result_schema),
        "checks": [check.name for check in app.checks],
        "sample": None
        if sample is None
        else {
            "input_text": sample.input_text,
            "parameters": dict(sample.parameters),
            "messages": [dict(message) for message in sample.history],
        },
    }


def problem_view(problem: CatalogProblem) -> dict[str, Any]:
    """Show why a file is left out."""
    return {"file": problem.file, "line": problem.line, "message": problem.message}


def model_item(app: PromptApp) -> dict[str, Any]:
    """Show an application as one of OpenAI's models."""
    return {"id": app.slug, "object": "model", "created": 0, "owned_by": "faceplate"}


def usage_view(
    rows: Sequence[UsageRow], *, daily_tokens: int | None, used_today: int
) -> dict[str, Any]:
    """Show usage with its sums."""
    return {
        "usage": [
            {
                "day": row.day.isoformat(),
                "key_id": row.key_id,
                "app": row.app,
                **{name: getattr(row, name) for name in _NUMBERS},
            }
            for row in rows
        ],
        "totals": {name: sum(getattr(row, name) for row in rows) for name in _NUMBERS},
        "daily_tokens": daily_tokens,
        "tokens_used_today": used_today,
        "next_token": None,
    }
