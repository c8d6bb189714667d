"""Draw what the API found, on the user's own machine."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faceplate.cli.files import write_new_file
from faceplate.domain.errors import InvalidParameter

_MAX_BYTES = 268_435_456
_MAX_PIXELS = 400_000_000
"""The largest values the settings allow: the server has accepted the picture already."""


def write_boxes(data: bytes, faces: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the picture with a numbered box for every face to a new JPEG or PNG file.

    Raises:
        InvalidParameter: The name ends in neither .jpg, .jpeg nor .png.
    """
    from faceplate.adapters.pillow.pictures import PillowPictures
    from faceplate.domain.faces import BoundingBox
    from faceplate.ports.pictures import Label

    if path.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
        raise InvalidParameter("--out must end in .jpg or .png.", parameter="out")
    labels = [
        Label(
            box=BoundingBox(
                left=face["BoundingBox"]["Left"],
                top=face["BoundingBox"]["Top"],
                width=face["BoundingBox"]["Width"],
                height=face["BoundingBox"]["Height"],
            ),
            text=str(number),
            known=True,
        )
        for number, face in enumerate(faces, 1)
    ]
    drawn = PillowPictures(max_bytes=_MAX_BYTES, max_pixels=_MAX_PIXELS).annotate(data, labels)
    write_new_file(path, _as_png(drawn) if path.suffix.lower() == ".png" else drawn)


def _as_png(jpeg: bytes) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.save(out, "PNG")
    return out.getvalue()
