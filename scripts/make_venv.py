"""Make the virtual environment, or say in one sentence why that cannot be done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Create the folder named on the command line unless it works already."""
    if sys.version_info < (3, 11):  # noqa: UP036 -- runs before anything has checked the version
        found = ".".join(str(part) for part in sys.version_info[:3])
        print(
            f"Faceplate needs Python 3.11 or newer and this is {found}. "
            "Name a newer one: make serve PYTHON=python3.12",
            file=sys.stderr,
        )
        return 1
    folder = Path(sys.argv[1])
    python = folder / "bin" / "python"
    if python.exists() and _has_pip(python):
        return 0
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=False)
    if made.returncode or not _has_pip(python):
        print(
            "This Python cannot make virtual environments. On Debian and Ubuntu: "
            "apt install python3-venv",
            file=sys.stderr,
        )
        return 1
    return 0


def _has_pip(python: Path) -> bool:
    command = [str(python), "-m", "pip", "--version"]
    return (
        python.exists() and not subprocess.run(command, check=False, capture_output=True).returncode
    )


if __name__ == "__main__":
    raise SystemExit(main())
