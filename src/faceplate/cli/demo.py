"""`faceplate demo`: something to index and search for who has no photos at hand."""

from __future__ import annotations

import asyncio
import io
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faceplate.cli.connect import Target, read_settings
from faceplate.cli.exits import OK
from faceplate.cli.files import write_new_file
from faceplate.cli.index import ended, run_index
from faceplate.cli.index_report import print_report
from faceplate.cli.index_run import IndexWish
from faceplate.cli.models import bars
from faceplate.cli.options import read_picture
from faceplate.cli.output import print_json, say
from faceplate.cli.picture_files import PersonFrom
from faceplate.cli.search import print_search
from faceplate.cli.verb import (
    CollectionOption,
    DataDirOption,
    JsonOption,
    KeyOption,
    UrlOption,
    open_session,
    plain_verb,
)

if TYPE_CHECKING:
    from faceplate.adapters.packages.samples import Sample

_GROUP_HEIGHT_PX = 480
_GAP_PX = 16


def register(app: typer.Typer) -> None:
    """Add the verb."""
    plain_verb(app, "demo")(demo)


def demo(
    *,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the pictures; what is there stays.")
    ] = Path("faceplate-demo"),
    run: Annotated[
        bool, typer.Option("--run", help="Index and search them too, and show what is found.")
    ] = False,
    as_json: JsonOption = False,
    url: UrlOption = None,
    api_key: KeyOption = None,
    data_dir: DataDirOption = None,
    collection_id: CollectionOption = None,
) -> None:
    """Get a few public-domain portraits to try the service with.

    Writes people/NAME/… of two people, and group.jpg with both of them and somebody unknown, put
    together on this machine. Then it prints the two commands that index and search them; with
    --run it does both itself.
    """
    people, group, credits_ = write_demo(out, as_json=as_json)
    commands = [
        f"faceplate index {shlex.quote(str(people))} --person-from folder",
        f"faceplate search {shlex.quote(str(group))} --all-faces",
    ]
    report: dict[str, Any] = {
        "people": str(people),
        "group": str(group),
        "credits": credits_,
        "commands": commands,
    }
    if not as_json:
        say(f"Pictures are in {out} (public domain: {'; '.join(dict.fromkeys(credits_))}).")
        for command in commands:
            say(f"  {command}")
    code = OK
    if run:
        target = Target(url=url, api_key=api_key, data_dir=data_dir)
        code = asyncio.run(_try_out(target, collection_id, people, group, report, as_json=as_json))
    if as_json:
        print_json(report)
    if code:
        raise typer.Exit(code)


def write_demo(folder: Path, *, as_json: bool = False) -> tuple[Path, Path, list[str]]:
    """Write the pictures that are missing; return the people's folder, the group and the credits.

    All pictures of a person but the last are for indexing; the last ones make the group. The last
    person of the samples is nobody's acquaintance and is in the group only.

    Raises:
        UpstreamFailed: The samples cannot be had.
    """
    from faceplate.adapters.packages.samples import SamplePictures

    pictures = SamplePictures(read_settings().samples_dir)
    with bars(quiet=as_json) as progress:
        paths = pictures.pull(progress)
    persons: dict[str, list[Sample]] = {}
    for sample in pictures.samples:
        persons.setdefault(sample.person, []).append(sample)
    people, group = folder / "people", folder / "group.jpg"
    *known, _stranger = persons
    for name in known:
        for sample in persons[name][:-1] or persons[name]:
            source = paths[sample.artifact.name]
            _write_missing(people / name / source.name, source.read_bytes())
    if not group.exists():
        last = [paths[samples[-1].artifact.name].read_bytes() for samples in persons.values()]
        _write_missing(group, compose_group(last))
    return people, group, [sample.credit for sample in pictures.samples]


def compose_group(pictures: Sequence[bytes]) -> bytes:
    """Put pictures side by side, all 480 px high, and return them as one JPEG."""
    from PIL import Image, ImageOps

    parts = []
    for data in pictures:
        with Image.open(io.BytesIO(data)) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
        width_px = max(1, round(upright.width * _GROUP_HEIGHT_PX / upright.height))
        parts.append(upright.resize((width_px, _GROUP_HEIGHT_PX), Image.Resampling.LANCZOS))
    total_px = sum(part.width for part in parts) + _GAP_PX * (len(parts) - 1)
    canvas = Image.new("RGB", (total_px, _GROUP_HEIGHT_PX), "white")
    left = 0
    for part in parts:
        canvas.paste(part, (left, 0))
        left += part.width + _GAP_PX
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=92)
    return out.getvalue()


async def _try_out(
    target: Target,
    collection_id: str | None,
    people: Path,
    group: Path,
    report: dict[str, Any],
    *,
    as_json: bool,
) -> int:
    """Index the people and search the group; return the exit code of the indexing."""
    async with open_session(target, collection_id=collection_id, as_json=as_json) as session:
        wish = IndexWish(person_from=PersonFrom.FOLDER)
        indexed = await run_index(session.api, [str(people)], wish)
        query = {"all_faces": True}
        found = await session.api.send_picture(
            "PUT", "/v1/search", read_picture(group), query=query
        )
        report |= {"index": indexed.as_json(), "search": found}
        if not as_json:
            print_report(indexed)
            print_search(found)
        return ended(indexed)


def _write_missing(path: Path, data: bytes) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_new_file(path, data)
