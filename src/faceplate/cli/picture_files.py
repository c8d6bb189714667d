"""Find picture files on disk and give each its key."""

from __future__ import annotations

import enum
import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faceplate.domain.errors import InvalidInput

EXTENSIONS = frozenset(
    {"jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib", "tif", "tiff"}
    | {"avif", "heic", "heif"}
)


class PersonFrom(enum.StrEnum):
    """Where a picture's person gets their name from."""

    NONE = "none"
    FOLDER = "folder"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file and the key it is indexed under."""

    path: Path
    key: str

    def person(self, source: PersonFrom) -> str | None:
        """Return the name of the folder it lies in, or its own without the ending."""
        if source is PersonFrom.FOLDER:
            return self.path.absolute().parent.name or None
        return self.path.stem if source is PersonFrom.FILE else None


@dataclass(slots=True)
class FoundPictures:
    """What was found: pictures, how much was passed over, and files whose key is taken."""

    pictures: list[PictureFile] = field(default_factory=list)
    hidden: int = 0
    other_files: int = 0
    unreadable: list[Path] = field(default_factory=list)
    repeated: list[PictureFile] = field(default_factory=list)


def find_pictures(paths: Sequence[str]) -> FoundPictures:
    """Find the pictures of files, folders (with all inside) and patterns, in a stable order.

    A file named by itself is taken whatever its ending, under its own name. Files of a folder are
    taken by their ending, under their path inside it; so are those of a pattern, under their path
    below its fixed part. Hidden files are passed over. A folder is entered once, however many links
    lead to it.

    Raises:
        InvalidInput: A path does not exist (code ``path_not_found``).
    """
    found = FoundPictures()
    keys: dict[str, Path] = {}
    for picture in _every(paths, found):
        same = keys.setdefault(picture.key, picture.path)
        if same is picture.path:
            found.pictures.append(picture)
        elif same.absolute() != picture.path.absolute():
            found.repeated.append(picture)
    return found


def _every(paths: Sequence[str], found: FoundPictures) -> Iterator[PictureFile]:
    for text in paths:
        path = Path(text)
        if path.is_dir():
            yield from _in_folder(path, path, found, set())
        elif path.exists():
            yield PictureFile(path, path.name)
        elif glob.has_magic(text):
            yield from _of_pattern(text, found)
        else:
            raise InvalidInput(f"There is no {text}.", code="path_not_found")


def _of_pattern(pattern: str, found: FoundPictures) -> Iterator[PictureFile]:
    root = Path()
    for part in Path(pattern).parts:
        if glob.has_magic(part):
            break
        root /= part
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 -- takes absolute patterns
    if not matches:
        raise InvalidInput(f"Nothing matches {pattern}.", code="path_not_found")
    entered: set[tuple[int, int]] = set()
    for match in matches:
        path = Path(match)
        if path.is_dir():
            yield from _in_folder(path, root, found, entered)
        elif _is_picture(path.name):
            yield PictureFile(path, path.relative_to(root).as_posix())
        else:
            found.other_files += 1


def _in_folder(
    folder: Path, root: Path, found: FoundPictures, entered: set[tuple[int, int]]
) -> Iterator[PictureFile]:
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            about = here.stat()
            if (about.st_dev, about.st_ino) in entered:
                continue
            entered.add((about.st_dev, about.st_ino))
            with os.scandir(here) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            found.unreadable.append(here)
            continue
        inner = []
        for entry in entries:
            if entry.name.startswith("."):
                found.hidden += 1
            elif _is(entry.is_dir):
                inner.append(Path(entry.path))
            elif not _is(entry.is_file) or not _is_picture(entry.name):
                found.other_files += 1
            else:
                path = Path(entry.path)
                yield PictureFile(path, path.relative_to(root).as_posix())
        waiting.extend(reversed(inner))


def _is(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:  # a link to itself, for one
        return False


def _is_picture(name: str) -> bool:
    stem, _, ending = name.rpartition(".")
    return bool(stem) and ending.lower() in EXTENSIONS
