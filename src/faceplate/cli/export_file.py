"""Read a file of `faces_export`, which may be damaged, malformed or made to do harm."""

from __future__ import annotations

import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from faceplate.cli.faces_export import FORMAT, VERSION
from faceplate.domain.errors import ImageTooLarge, InvalidInput
from faceplate.domain.images import MAX_PICTURE_BYTES

Line = TypeVar("Line", bound="_Strict")

_MAX_LINE_BYTES = 4 * 1024 * 1024
"""A picture with a hundred faces and all the metadata it may have takes a hundredth of it."""
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,  # what bz2 says of data that is none
    EOFError,
    KeyError,
    ValueError,
    RuntimeError,  # encrypted, or packed in a way nobody here knows
)


class _Strict(BaseModel):
    """Members of exactly these types; further ones, of a later version, are passed over."""

    model_config = ConfigDict(strict=True, frozen=True)


class _Manifest(_Strict):
    format: str
    version: int


class Box(_Strict):
    """Where a face is, as ratios of the upright picture."""

    left: Annotated[float, Field(alias="Left", allow_inf_nan=False)]
    top: Annotated[float, Field(alias="Top", allow_inf_nan=False)]
    width: Annotated[float, Field(alias="Width", allow_inf_nan=False)]
    height: Annotated[float, Field(alias="Height", allow_inf_nan=False)]


class ExportedFace(_Strict):
    """A face, and whose it is."""

    box: Annotated[Box, Field(alias="BoundingBox")]
    person_id: str | None = None


class ExportedPerson(_Strict):
    """A person, in the members that make one."""

    person_id: Annotated[str, Field(min_length=1)]
    name: str
    metadata: dict[str, str]
    consent: dict[str, Any] | None = None


class ExportedImage(_Strict):
    """A picture's record and its faces."""

    key: Annotated[str, Field(min_length=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    metadata: dict[str, str]
    faces: list[ExportedFace]


class ExportFile:
    """An open export, every line of which has been checked once.

    Lines are read one at a time, for a small file can unpack to a very large one.

    Raises, from the constructor:
        InvalidInput: Not an export of ours, or damaged (code ``export_invalid``).
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.images_count = 0
        with _reading(), archive.open("manifest.json") as file:
            manifest = _Manifest.model_validate_json(file.read(_MAX_LINE_BYTES))
        if manifest.format != FORMAT or manifest.version != VERSION:
            raise InvalidInput(
                "This export has a format that this version does not read.", code="export_invalid"
            )
        for _ in self.people():
            pass
        for image in self.images():
            with _reading():
                self._archive.getinfo(_member(image))
            self.images_count += 1

    def people(self) -> Iterator[ExportedPerson]:
        """Yield every person."""
        with _reading():
            yield from self._lines("people.jsonl", ExportedPerson)

    def images(self) -> Iterator[ExportedImage]:
        """Yield every picture's record."""
        with _reading():
            yield from self._lines("images.jsonl", ExportedImage)

    def picture(self, image: ExportedImage) -> bytes:
        """Read a picture's bytes.

        Raises:
            ImageTooLarge: Longer than any picture may be.
            InvalidInput: Not the picture that was exported (code ``export_damaged``).
        """
        if self._archive.getinfo(_member(image)).file_size > MAX_PICTURE_BYTES:
            raise ImageTooLarge("A picture of the export is larger than any may be.")
        data = b""
        with _reading("A picture of the export is damaged.", code="export_damaged"):
            data = self._archive.read(_member(image))
        if hashlib.sha256(data).hexdigest() != image.sha256:
            raise InvalidInput("A picture of the export is damaged.", code="export_damaged")
        return data

    def _lines(self, name: str, kind: type[Line]) -> Iterator[Line]:
        with self._archive.open(name) as file:
            while line := file.readline(_MAX_LINE_BYTES):
                if len(line) == _MAX_LINE_BYTES:
                    raise ValueError("a line without end")
                if line.strip():
                    yield kind.model_validate_json(line)


@contextmanager
def open_export(path: Path) -> Iterator[ExportFile]:
    """Open and check an export; see `ExportFile` for what is raised."""
    with _reading():
        archive = zipfile.ZipFile(path)
    with archive:
        yield ExportFile(archive)


def _member(image: ExportedImage) -> str:
    return f"images/{image.sha256}"


@contextmanager
def _reading(
    why: str = "This is not a file of `faces export`.", *, code: str = "export_invalid"
) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as exc:
        raise InvalidInput(why, code=code) from exc
