"""`ports.prompt_catalog.PromptCatalog` over folders of TOML files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faceplate.adapters.toml_catalog.app_file import read_app
from faceplate.adapters.toml_catalog.fields import FileProblem
from faceplate.domain.errors import NotFound
from faceplate.domain.prompts import PromptApp
from faceplate.ports.checks import Checker
from faceplate.ports.prompt_catalog import CatalogProblem
from faceplate.ports.schemas import Schemas

_MAX_BYTES = 1_000_000


@dataclass(slots=True)
class _File:
    """A file as it was last seen; ``app`` is its last good version."""

    path: Path
    stamp: tuple[int, int]
    read: bool = False
    app: PromptApp | None = None
    problem: CatalogProblem | None = None


class TomlPromptCatalog:
    """Read applications from folders; of two with one slug the later folder's counts.

    A file is read when it is first asked for. Folders are looked over again at most once every
    ``reload_after_s``; a file that was changed for the worse stays in service as it was last good,
    and is reported.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        schemas: Schemas,
        checker: Checker,
        reload_after_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folders = tuple(folders)
        self._schemas = schemas
        self._checker = checker
        self._reload_after_s = reload_after_s
        self._clock = clock
        self._files: dict[str, list[_File]] = {}
        self._folder_problems: list[CatalogProblem] = []
        self._looked_at = -float("inf")
        self._guard = threading.Lock()

    def list(self) -> Sequence[PromptApp]:
        """Return every application, by slug."""
        self._look()
        with self._guard:
            apps = [self._best(slug) for slug in sorted(self._files)]
        return [app for app in apps if app is not None]

    def get(self, slug: str) -> PromptApp:
        """Return one application.

        Raises:
            NotFound: Code ``app_not_found``.
        """
        self._look()
        with self._guard:
            app = self._best(slug) if slug in self._files else None
        if app is None:
            raise NotFound("There is no such prompt application.", code="app_not_found")
        return app

    def problems(self) -> Sequence[CatalogProblem]:
        """Return what is wrong with files that are left out."""
        self._look()
        with self._guard:
            for slug, files in self._files.items():
                for file in files:
                    self._read(slug, file)
            found = [file.problem for files in self._files.values() for file in files]
            return [*self._folder_problems, *(one for one in found if one is not None)]

    def _best(self, slug: str) -> PromptApp | None:
        for file in reversed(self._files[slug]):
            self._read(slug, file)
            if file.app is not None:
                return file.app
        return None

    def _look(self) -> None:
        now = self._clock()
        if now - self._looked_at < self._reload_after_s:
            return
        with self._guard:
            if now - self._looked_at < self._reload_after_s:
                return
            self._looked_at = now
            known = {file.path: file for files in self._files.values() for file in files}
            self._folder_problems = []
            found: dict[str, list[_File]] = {}
            for folder in self._folders:
                for path, stamp in self._stamps(folder):
                    file = known.get(path) or _File(path, stamp)
                    if file.stamp != stamp:
                        file.stamp, file.read = stamp, False
                    found.setdefault(path.stem, []).append(file)
            self._files = found

    def _stamps(self, folder: Path) -> Sequence[tuple[Path, tuple[int, int]]]:
        try:
            paths = sorted(folder.iterdir())
        except OSError as exc:
            message = f"the folder cannot be read: {exc.strerror}"
            self._folder_problems.append(CatalogProblem(str(folder), 0, message))
            return []
        return [
            (path, _stamp(path))
            for path in paths
            if path.suffix == ".toml" and not path.name.startswith(".")
        ]

    def _read(self, slug: str, file: _File) -> None:
        if file.read:
            return
        file.read, file.problem = True, None
        try:
            file.app = read_app(
                _text(file.path), slug, schemas=self._schemas, checker=self._checker
            )
        except FileProblem as exc:
            file.problem = CatalogProblem(str(file.path), exc.line, exc.message)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return (0, 0)
    return (facts.st_mtime_ns, facts.st_size)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise FileProblem(0, f"the file cannot be read: {exc.strerror}") from exc
    if len(raw) > _MAX_BYTES:
        raise FileProblem(0, f"the file has more than {_MAX_BYTES} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError as exc:
        line = raw[: exc.start].count(b"\n") + 1
        raise FileProblem(line, "the file is not UTF-8 text") from exc
