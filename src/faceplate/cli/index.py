"""`faceplate index`: put pictures in."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from typing import Annotated

import typer

from faceplate.cli.api import Api
from faceplate.cli.exits import INTERRUPTED, OK, SOME_REFUSED
from faceplate.cli.index_report import IndexReport, print_report
from faceplate.cli.index_run import IndexRun, IndexWish
from faceplate.cli.options import MetadataOption, QualityOption, parse_metadata
from faceplate.cli.output import note
from faceplate.cli.picture_files import PersonFrom, find_pictures
from faceplate.cli.progress import meter
from faceplate.cli.verb import Session, verb


def register(app: typer.Typer) -> None:
    """Add the verb."""
    verb(app, "index", collection=True)(index)


async def index(
    session: Session,
    *,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH…", help="Picture files, folders with all inside, patterns."),
    ],
    person_from: Annotated[
        PersonFrom,
        typer.Option(
            "--person-from",
            help="Name the person of a picture with one face after its folder or its file.",
        ),
    ] = PersonFrom.NONE,
    metadata: MetadataOption = None,
    quality_filter: QualityOption = None,
    max_faces: Annotated[
        int | None, typer.Option("--max-faces", min=1, max=100, help="Most faces of a picture.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Send unchanged pictures too, for other options.")
    ] = False,
) -> int:
    """Index the faces of pictures; run it again to go on where it stopped.

    A picture's key is its path inside the folder named. Pictures that are indexed already, with the
    same bytes, are not sent again. Ctrl-C finishes what is running. Exit code 20 says that some
    pictures were refused; the report says which and why.
    """
    wish = IndexWish(
        person_from=person_from,
        metadata=parse_metadata(metadata),
        query={"quality_filter": quality_filter, "max_faces": max_faces},
        again=again,
    )
    report = await run_index(session.api, paths, wish)
    session.show(report.as_json(), lambda _: print_report(report))
    return ended(report)


async def run_index(api: Api, paths: list[str], wish: IndexWish) -> IndexReport:
    """Index everything under some paths with a progress bar; return what came of it."""
    found = await asyncio.to_thread(find_pictures, paths)
    report = IndexReport.of(found)
    with meter("Indexing", report.total) as progress:
        run = IndexRun(api, wish, report, progress.at)
        with _interrupt(run):
            await run.run(found.pictures)
    return report


def ended(report: IndexReport) -> int:
    """Return the exit code of a run.

    Raises:
        FaceplateError: What stopped it, after the report was printed.
    """
    if report.stopped_by is not None:
        raise report.stopped_by
    if report.interrupted:
        return INTERRUPTED
    return SOME_REFUSED if report.refused else OK


@contextlib.contextmanager
def _interrupt(run: IndexRun) -> Iterator[None]:
    """Let the first Ctrl-C end the run in good order; the second one ends the process."""
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)

    def stop() -> None:
        restore()
        note("Finishing the pictures under way; Ctrl-C again stops at once.")
        run.stop()

    def restore() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)

    loop.add_signal_handler(signal.SIGINT, stop)
    try:
        yield
    finally:
        restore()
