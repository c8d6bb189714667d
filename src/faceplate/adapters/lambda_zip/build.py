"""Build the zip: pinned packages and our code in one folder, compiled, then zipped."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from faceplate.adapters.lambda_zip.contents import copy_own_code, prune
from faceplate.adapters.lambda_zip.target import Target
from faceplate.domain.errors import Misconfigured, UpstreamFailed

PLACE = "/var/task"
"""Where Lambda unpacks the zip; tracebacks name it."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest moment a zip can hold: every file has it, so that equal contents are equal bytes."""

_MODE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Built:
    """A finished zip. ``has_bytecode`` is False where no Python of its version was here."""

    path: Path
    target: Target
    sha256: bytes
    zip_bytes: int
    unpacked_bytes: int
    has_bytecode: bool

    def manifest(self) -> dict[str, object]:
        """Describe it for Terraform."""
        return {
            "file": self.path.name,
            "python": self.target.python,
            "architecture": self.target.architecture,
            "sha256": self.sha256.hex(),
            "sha256_base64": base64.b64encode(self.sha256).decode("ascii"),
            "zip_bytes": self.zip_bytes,
            "unpacked_bytes": self.unpacked_bytes,
            "has_bytecode": self.has_bytecode,
        }


def build_zip(source: Path, folder: Path, target: Target) -> Built:
    """Build the zip of a checkout into a folder; wheels are kept there for the next time.

    Raises:
        Misconfigured: The folder ``source`` is no checkout of Faceplate.
        UpstreamFailed: A package could not be fetched.
    """
    requirements = source / "requirements" / "lambda.txt"
    package = source / "src" / "faceplate"
    if not (requirements.is_file() and package.is_dir()):
        raise Misconfigured(
            f"{source} is no checkout of Faceplate: requirements/lambda.txt is not there. Run this "
            "in one, or name it with --source.",
            code="source_missing",
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="faceplate-zip-") as name:
        stage = Path(name)
        _install(requirements, folder / "wheels", stage, target)
        prune(stage)
        copy_own_code(package, stage)
        interpreter = target.interpreter
        if interpreter is not None:
            _compile(stage, interpreter)
        path = folder / target.file_name
        unpacked_bytes = write_zip(stage, path)
    data = path.read_bytes()
    return Built(
        path=path,
        target=target,
        sha256=hashlib.sha256(data).digest(),
        zip_bytes=len(data),
        unpacked_bytes=unpacked_bytes,
        has_bytecode=interpreter is not None,
    )


def write_zip(stage: Path, path: Path) -> int:
    """Write every file of a folder, in the order of their names, all of the same age and mode.

    Returns:
        How many bytes they have unpacked.
    """
    total = 0
    fresh = path.with_suffix(".part")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        files = (one for one in stage.rglob("*") if one.is_file())
        for file in sorted(files, key=lambda one: one.relative_to(stage).as_posix()):
            entry = zipfile.ZipInfo(file.relative_to(stage).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _MODE
            entry.create_system = 3
            data = file.read_bytes()
            total += len(data)
            out.writestr(entry, data)
    fresh.replace(path)
    return total


def _install(requirements: Path, wheels: Path, stage: Path, target: Target) -> None:
    """Install the pinned packages for the target, from kept wheels where they are all there."""
    wheels.mkdir(parents=True, exist_ok=True)
    fixed = [
        *("--only-binary", ":all:", "--no-deps", "--require-hashes", "--no-cache-dir"),
        *("--implementation", "cp", "--python-version", target.python),
        *(part for name in target.platforms for part in ("--platform", name)),
        *("--requirement", str(requirements)),
    ]
    offline = ["install", "--no-index", "--find-links", str(wheels), "--no-compile"]
    if _pip(*offline, "--target", str(stage), *fixed) is None:
        return
    complaint = _pip("download", "--dest", str(wheels), *fixed)
    if complaint is None:
        complaint = _pip(*offline, "--target", str(stage), "--upgrade", *fixed)
    if complaint is not None:
        raise UpstreamFailed(
            f"The packages of requirements/lambda.txt could not be had for Python {target.python} "
            f"on {target.architecture}: {complaint}",
            code="packages_unavailable",
        )


def _pip(*arguments: str) -> str | None:
    """Run pip; return the last line of its complaint, or None when all went well."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(  # noqa: S603 -- our own pip, on our own list
        command, check=False, capture_output=True, text=True
    )
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return errors[-1][:300] if errors else "pip failed"


def _compile(stage: Path, interpreter: Path) -> None:
    """Put bytecode in the place of sources: half the size, and half the time to start."""
    command = [
        *(str(interpreter), "-m", "compileall", "-q", "-b", "-j", "1"),
        *("--invalidation-mode", "unchecked-hash"),
        *("-s", str(stage), "-p", PLACE, str(stage)),
    ]
    # Sets are compiled in the order of their hashes, which differs from run to run otherwise.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    subprocess.run(  # noqa: S603 -- a Python of this machine
        command, check=False, capture_output=True, env=environment
    )
    for path in stage.rglob("*.py"):
        if path.with_suffix(".pyc").exists():
            path.unlink()
