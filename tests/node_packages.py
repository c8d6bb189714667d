"""Packages for Node, installed where tests need them; skipped where they cannot be had."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def installed(folder: Path, *packages: str, timeout_s: float = 100) -> Path:
    """Install packages into a folder and return it, or skip."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    try:
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *packages],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm took too long to install {', '.join(packages)}")
    if done.returncode:
        pytest.skip(f"npm cannot install {', '.join(packages)} here")
    return folder
