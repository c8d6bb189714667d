"""What a zip is built for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from faceplate.domain.errors import InvalidParameter

ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}
"""Lambda's names of processors, and those of wheels."""

PYTHONS = ("3.13", "3.12", "3.14", "3.11")
"""Versions to build for, the one to choose first at the front.

3.11 is for emulators, which run a zip with their own Python: Lambda's 3.11 stands on a system
whose glibc (2.26) is too old for our packages, and has no SnapStart.
"""

_GLIBC_MINOR = 34
"""Source: Amazon Linux 2023 under the runtimes from 3.12 on."""


@dataclass(frozen=True, slots=True)
class Target:
    """A runtime of Lambda: Python's version and the processor."""

    python: str
    architecture: str

    @property
    def platforms(self) -> list[str]:
        """The names of wheels that run there, the newest first."""
        machine = ARCHITECTURES[self.architecture]
        modern = [f"manylinux_2_{minor}_{machine}" for minor in range(_GLIBC_MINOR, 16, -1)]
        return [*modern, f"manylinux2014_{machine}"]

    @property
    def file_name(self) -> str:
        """What the zip is called."""
        return f"faceplate-lambda-{self.architecture}-py{self.python.replace('.', '')}.zip"

    @property
    def interpreter(self) -> Path | None:
        """A Python of this version on this machine, whatever the processor; None without one."""
        if self.python == f"{sys.version_info.major}.{sys.version_info.minor}":
            return Path(sys.executable)
        found = shutil.which(f"python{self.python}")
        if found is None:
            return None
        # A launcher may be there for a version that is not.
        done = subprocess.run([found, "-c", ""], check=False, capture_output=True)  # noqa: S603
        return Path(found) if done.returncode == 0 else None


def choose_target(python: str | None, architecture: str) -> Target:
    """Return the target that was asked for; without a version, the best with bytecode.

    Bytecode can be compiled only by a Python of the same version, and halves the cold start.

    Raises:
        InvalidParameter: Lambda has no such runtime or processor.
    """
    if architecture not in ARCHITECTURES:
        raise InvalidParameter(
            f"The architecture must be one of {', '.join(ARCHITECTURES)}.", parameter="architecture"
        )
    if python is not None and python not in PYTHONS:
        raise InvalidParameter(
            f"Python must be one of {', '.join(sorted(PYTHONS))}.", parameter="python"
        )
    if python is not None:
        return Target(python, architecture)
    every = [Target(version, architecture) for version in PYTHONS]
    return next((one for one in every if one.interpreter is not None), every[0])
