"""`faceplate apps eval`: measure the applications by their own samples."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faceplate.cli.app_run import wait_for_model
from faceplate.cli.connect import read_settings
from faceplate.cli.exits import BELOW_BAR
from faceplate.cli.output import note, print_json, print_table
from faceplate.cli.verb import JsonOption, plain_verb

if TYPE_CHECKING:
    from faceplate.bootstrap.text import EvalParts
    from faceplate.domain.prompts import PromptApp
    from faceplate.services.evals import AppReport

_DEADLINE_S = 600.0


def register(app: typer.Typer) -> None:
    """Add the verb."""
    plain_verb(app, "eval")(evaluate)


def evaluate(
    slugs: Annotated[
        list[str] | None, typer.Argument(metavar="[SLUG…]", help="Applications; default: all.")
    ] = None,
    *,
    provider: Annotated[
        str | None,
        typer.Option("--provider", help="A provider's name, or `embedded`; default: as served."),
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="A model of the provider.")] = None,
    use: Annotated[
        str, typer.Option("--use", help="`report`, or `tune`: the samples prompts are tuned on.")
    ] = "report",
    bar_pct: Annotated[
        float,
        typer.Option("--bar", min=0, max=100, help="Least share of applications to pass, %."),
    ] = 0.0,
    as_json: JsonOption = False,
) -> None:
    """Run every application's samples against the model, and judge the answers by code.

    An application passes when all its samples do, is poor when some do or all are well formed, and
    fails otherwise. The exit code is 22 when fewer pass than --bar asks for. It calls the model
    directly: no server and no data folder are needed.
    """
    from faceplate.bootstrap.text import eval_parts

    parts = eval_parts(read_settings(), provider)
    reports = asyncio.run(_measure(parts, slugs, use=use, model=model))
    passed = sum(report.verdict == "pass" for report in reports)
    if as_json:
        counts = {"pass": passed, "apps": len(reports), "provider": parts.chat.name}
        print_json({"evals": [dataclasses.asdict(one) for one in reports], "summary": counts})
    else:
        _print(reports, passed)
    if reports and 100 * passed / len(reports) < bar_pct:
        raise typer.Exit(BELOW_BAR)


async def _measure(
    parts: EvalParts, slugs: Sequence[str] | None, *, use: str, model: str | None
) -> list[AppReport]:
    """Run the samples, and tell on the way how each application did."""
    apps: Sequence[PromptApp] = (
        [parts.catalog.get(slug) for slug in slugs] if slugs else parts.catalog.list()
    )
    reports = []
    try:
        await wait_for_model(lambda: _load(parts))
        runs = parts.evals.run(
            apps, use="tune" if use == "tune" else "report", deadline_s=_DEADLINE_S, model=model
        )
        async for report in runs:
            note(f"{report.slug}: {report.verdict}")
            reports.append(report)
    finally:
        await parts.chat.close()
    return reports


async def _load(parts: EvalParts) -> Any:
    """Have the model say one word, so that the first sample does not pay for the loading."""
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    return await parts.chat.complete(body, deadline_s=_DEADLINE_S)


def _print(reports: Sequence[AppReport], passed: int) -> None:
    rows = []
    for report in reports:
        samples = report.samples
        reasons = [f"{one.sample}: {', '.join(one.reasons)}" for one in samples if one.reasons]
        rows.append(
            [
                report.slug,
                report.verdict.value,
                f"{sum(one.passed for one in samples)}/{len(samples)}",
                sum(one.duration_ms for one in samples) / len(samples) / 1000,
                sum(one.completion_tokens for one in samples) // len(samples),
                "; ".join(reasons),
            ]
        )
    print_table(["app", "verdict", "samples", "s each", "tokens", "why not"], rows)
    note(f"{passed} of {len(reports)} passed.")
