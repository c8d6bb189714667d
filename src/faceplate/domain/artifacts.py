"""Artifacts: files that are not ours, told apart by their sha256, and where they can be had."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from faceplate.domain.strict_table import StrictTable

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PACKAGE = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._/\-]*")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+!\-]*")


@dataclass(frozen=True, slots=True)
class PackageMember:
    """A file inside one exact version of a package; ``ecosystem`` is ``pypi`` or ``npm``.

    ``member`` is the path below the package's own top folder: as it lies once installed for a
    wheel, without the leading ``package/`` of npm or ``name-version/`` of a source archive.
    ``from_source`` asks for the source archive, because the wheel leaves the file out.
    """

    ecosystem: str
    package: str
    version: str
    member: str
    from_source: bool = False

    def __str__(self) -> str:
        return f"{self.ecosystem} package {self.package} {self.version}"


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file at a plain address: https, or http on this machine only."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file somebody has put on this machine."""

    path: Path

    def __str__(self) -> str:
        return f"file {self.path}"


@dataclass(frozen=True, slots=True)
class SlicedFile:
    """A file cut into slices of ``slice_bytes``, the last one shorter, one package each."""

    parts: tuple[PackageMember, ...]
    slice_bytes: int

    def __str__(self) -> str:
        first, last = self.parts[0], self.parts[-1]
        return f"{first.ecosystem} packages {first.package} to {last.package} {first.version}"


Source: TypeAlias = PackageMember | SlicedFile | WebFile | LocalFile


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file known by its bytes: whatever a source gives must have this size and sha256."""

    name: str
    file: str
    sha256: str
    size_bytes: int
    sources: tuple[Source, ...]

    @property
    def cache_name(self) -> str:
        """The name it is kept under: its sha256 and its own suffix."""
        return self.sha256 + Path(self.file).suffix


def read_artifact(name: str, table: StrictTable, folder: Path) -> Artifact:
    """Take ``file``, ``sha256``, ``size_bytes`` and ``sources`` out of a table.

    ``folder`` is what a relative path of a ``file`` source starts from.

    Raises:
        Misconfigured: A key is missing or does not make sense; the message names file and entry.
    """
    file, sha256 = table.text("file"), table.text("sha256")
    if "/" in file or "\\" in file:
        raise table.problem('"file" must be a bare file name')
    if not _SHA256.fullmatch(sha256):
        raise table.problem('"sha256" must be 64 lower-case hexadecimal digits')
    size_bytes = table.integer("size_bytes")
    sources = tuple(_read_source(one, folder) for one in table.tables("sources"))
    for one in sources:
        if isinstance(one, SlicedFile) and -(-size_bytes // one.slice_bytes) != len(one.parts):
            raise table.problem('"count" slices of "slice_bytes" do not make "size_bytes"')
    return Artifact(name=name, file=file, sha256=sha256, size_bytes=size_bytes, sources=sources)


def _read_source(table: StrictTable, folder: Path) -> Source:
    kind = table.one_of("kind", ("pypi", "pypi-slices", "npm", "url", "file"))
    source: Source
    if kind == "url":
        source = WebFile(table.text("url"))
    elif kind == "file":
        source = LocalFile(folder / table.text("path"))
    elif kind == "pypi-slices":
        source = _read_slices(table)
    else:
        source = PackageMember(
            ecosystem=kind,
            package=_plain(table, "package", table.text("package"), _PACKAGE),
            version=_plain(table, "version", table.text("version"), _VERSION),
            member=table.text("member"),
            from_source=table.flag("from_source", default=False),
        )
    table.finish()
    return source


def _read_slices(table: StrictTable) -> SlicedFile:
    """Read ``package`` and ``member`` with ``{n}``, or ``{nn}`` for two digits, for each slice."""
    package, member, version = table.text("package"), table.text("member"), table.text("version")
    count, slice_bytes = table.integer("count"), table.integer("slice_bytes")
    parts = tuple(
        PackageMember(
            ecosystem="pypi",
            package=_plain(table, "package", _number(package, place), _PACKAGE),
            version=_plain(table, "version", version, _VERSION),
            member=_number(member, place),
        )
        for place in range(1, count + 1)
    )
    return SlicedFile(parts=parts, slice_bytes=slice_bytes)


def _number(pattern: str, place: int) -> str:
    return pattern.replace("{nn}", f"{place:02}").replace("{n}", str(place))


def _plain(table: StrictTable, key: str, value: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(value):
        raise table.problem(f'"{key}" must be a plain name or one exact version')
    return value
