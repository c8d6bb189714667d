"""Options that several verbs share, and how their text is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from faceplate.domain.errors import ImageTooLarge, InvalidInput, InvalidParameter

LARGEST_FILE_BYTES = 268_435_456
"""No setting allows more; of a longer file no more than this is read."""

MetadataOption = Annotated[
    list[str] | None,
    typer.Option("--metadata", metavar="NAME=VALUE", help="Kept with it; may be repeated."),
]
SimilarityOption = Annotated[
    str | None,
    typer.Option(
        "--min-similarity",
        metavar="N|PRESET",
        help="0 to 100, or album (80), default (90), badge (95), high-risk (99).",
    ),
]
QualityOption = Annotated[
    str | None,
    typer.Option("--quality-filter", metavar="FILTER", help="NONE, AUTO, LOW, MEDIUM or HIGH."),
]
PictureArgument = Annotated[Path, typer.Argument(metavar="IMAGE", help="A picture file.")]


def parse_metadata(pairs: Sequence[str] | None) -> dict[str, str]:
    """Read ``NAME=VALUE`` texts.

    Raises:
        InvalidParameter: One has no ``=``.
    """
    metadata = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InvalidParameter("Metadata is given as NAME=VALUE.", parameter="metadata")
        metadata[name] = value
    return metadata


def read_picture(path: Path) -> bytes:
    """Read a file the user named.

    Raises:
        InvalidInput: It cannot be read (code ``file_unreadable``).
        ImageTooLarge: It is larger than any server takes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as exc:
        raise InvalidInput(
            f"{path} cannot be read: {exc.strerror}.", code="file_unreadable"
        ) from exc
    if len(data) > LARGEST_FILE_BYTES:
        raise ImageTooLarge(f"{path} is larger than any server takes.")
    return data
