"""Show how far a long command is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from faceplate.cli.output import console, note

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_LINE_EVERY_S = 5.0


class Meter(Protocol):
    """Told how far things are."""

    def at(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are through."""
        ...


class _Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def at(self, done: int, total: int) -> None:
        speed = self._progress.tasks[0].speed
        rate = f"{speed:,.1f}/s" if speed else ""
        self._progress.update(self._task, completed=done, total=total, rate=rate)


class Lines:
    """Plain lines on stderr, at most one every five seconds."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._started = self._last = time.monotonic()

    def at(self, done: int, total: int) -> None:
        """Print a line when the last one is old enough."""
        now = time.monotonic()
        if now - self._last < _LINE_EVERY_S:
            return
        self._last = now
        rate = done / (now - self._started)
        left = f", {(total - done) / rate:,.0f} s left" if rate else ""
        note(f"{self._what}: {done:,} of {total:,}, {rate:,.1f}/s{left}")


@contextmanager
def meter(what: str, total: int, *, quiet: bool = False) -> Iterator[Meter]:
    """Show progress on stderr while the block runs; ``quiet`` shows nothing."""
    if quiet or not console(stderr=True).is_terminal:
        yield _Silent() if quiet else Lines(what)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        yield _Bar(progress, progress.add_task(what, total=total, rate=""))


class _Silent:
    def at(self, done: int, total: int) -> None:
        """Show nothing."""
