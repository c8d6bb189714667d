"""Move a collection to another model; this needs the data folder itself."""

from __future__ import annotations

from pathlib import Path

from faceplate.cli.connect import read_settings
from faceplate.cli.output import note, print_json, say
from faceplate.cli.progress import meter
from faceplate.domain.errors import Unsupported


def run_migration(collection_id: str | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Embed the stored pictures of a collection again and report.

    Raises:
        DataFolderInUse: A server runs on the folder.
        Unsupported: This mode cannot migrate.
    """
    from faceplate import bootstrap

    settings = read_settings(data_dir)
    application = bootstrap.build(settings)
    try:
        if application.migration is None:
            raise Unsupported("Collections of this mode cannot be migrated.")
        with meter("Migrating", 0) as progress:
            report = application.migration.run(
                collection_id or settings.collection, progress=progress.at
            )
    finally:
        application.close()
    if as_json:
        print_json({"model": report.model, "migrated": report.migrated, "lost": list(report.lost)})
        return
    say(f"{report.migrated} faces have a vector of {report.model} now.")
    if report.lost:
        note(f"{len(report.lost)} faces could not get one: their picture was erased or replaced.")
