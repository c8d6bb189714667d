"""A JPEG of about 200 kB with one face, made of a picture that comes with a test dependency."""

from __future__ import annotations

from importlib import metadata
from io import BytesIO

from PIL import Image

TARGET_BYTES = 200_000


def picture_of_200_kb() -> bytes:
    """Return scikit-image's astronaut, enlarged to 1024 x 1024, nearest to 200 kB."""
    for file in metadata.files("scikit-image") or ():
        if file.as_posix() == "skimage/data/astronaut.png":
            picture = Image.open(str(file.locate())).convert("RGB").resize((1024, 1024))
            return min((_jpeg(picture, quality) for quality in range(60, 100)), key=_distance)
    raise SystemExit("scikit-image is missing: `make dev`, or name a --picture")


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _distance(data: bytes) -> int:
    return abs(len(data) - TARGET_BYTES)
