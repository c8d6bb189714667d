"""Render docs/reference/apps.md from the applications and what was measured.

The measurements are what `faceplate apps eval --json` printed, kept beside the page with the name
of the model. `write_reference.py` writes and compares the page.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import faceplate
from faceplate.adapters.checks.checks import DeterministicChecker
from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.adapters.toml_catalog.prompt_catalog import TomlPromptCatalog
from faceplate.domain.prompts import PromptApp

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "reference" / "apps-measured.json"
NOTE = "<!-- Written by scripts/write_reference.py; change the applications, not this page. -->\n"


def apps_page() -> str:
    """Render the catalogue, with the measured table."""
    catalog = TomlPromptCatalog(
        [Path(faceplate.__file__).parent / "prompt_apps"],
        schemas=JsonSchemas(),
        checker=DeterministicChecker(),
    )
    apps = catalog.list()
    measured: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    reports = {one["slug"]: one for one in measured["evals"]}
    rows = [
        "# Prompt applications\n",
        NOTE,
        f"{len(apps)} applications: the thirty examples that OpenAI's documentation shows, and "
        f"{sum(app.legacy for app in apps)} that it showed before. Each is one file in "
        "`src/faceplate/prompt_apps/`; the texts are ours. Add your own in `FACEPLATE_APPS_DIR`.\n",
        "## Measured\n",
        f"Model: {measured['model']}. {measured['how']} "
        "[The rules](../explanation/evals.md) were written before the prompts were tuned; these "
        "are the samples marked `report`, which were not used for tuning.\n",
        _totals(apps, reports),
        "",
    ]
    for legacy, heading in ((False, "The current thirty"), (True, "The earlier gallery")):
        rows += [
            f"### {heading}\n",
            "| application | verdict | samples | why not |",
            "|---|---|---|---|",
            *(_result_row(app, reports.get(app.slug)) for app in apps if app.legacy is legacy),
            "",
        ]
    rows.append("## Parameters and checks\n")
    rows += [_section(app) for app in apps]
    return "\n".join(rows)


def _totals(apps: Any, reports: dict[str, Any]) -> str:
    lines = ["| | pass | poor | fail |", "|---|---|---|---|"]
    for legacy, name in ((False, "current"), (True, "earlier")):
        verdicts = [
            reports[app.slug]["verdict"]
            for app in apps
            if app.legacy is legacy and app.slug in reports
        ]
        counts = " | ".join(str(verdicts.count(one)) for one in ("pass", "poor", "fail"))
        lines.append(f"| {name} ({len(verdicts)}) | {counts} |")
    return "\n".join(lines)


def _result_row(app: PromptApp, report: dict[str, Any] | None) -> str:
    name = f"[`{app.slug}`](#{app.slug})"
    if report is None:
        return f"| {name} | not measured | | |"
    samples = report["samples"]
    passed = sum(one["passed"] for one in samples)
    reasons = [
        f"{one['sample']}: {one['reasons'][0]}"
        for one in samples
        if not one["passed"] and one["reasons"]
    ]
    why = "; ".join(reasons).replace("|", "\\|").replace("\n", " ")
    return f"| {name} | {report['verdict']} | {passed} of {len(samples)} | {why} |"


def _section(app: PromptApp) -> str:
    checks = sorted({spec.name for spec in app.checks})
    lines = [
        f"### {app.slug}\n",
        f"{app.summary} Temperature {app.temperature:g}, at most {app.max_tokens} tokens. "
        f"[Source]({app.source_url}).\n",
    ]
    if app.parameters:
        lines += ["| parameter | type | default | meaning |", "|---|---|---|---|"]
        for one in app.parameters:
            default = ", ".join(one.default) if isinstance(one.default, tuple) else str(one.default)
            default = " ".join(default.split())
            shown = f"`{default[:60]}…`" if len(default) > 60 else f"`{default}`" if default else ""
            kind = ", ".join(one.choices) if one.choices else one.kind.value
            if one.minimum is not None and one.maximum is not None:
                kind += f", {one.minimum:g} to {one.maximum:g}"
            lines.append(f"| `{one.name}` | {kind} | {shown} | {one.summary} |")
        lines.append("")
    lines.append(f"Checks: {', '.join(f'`{one}`' for one in checks)}.\n")
    return "\n".join(lines)
