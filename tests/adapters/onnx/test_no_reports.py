"""Nothing leaves the machine: the library that runs the networks keeps no device id to report."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pictures

DETECT = ["-m", "faceplate.cli.main", "detect", "--json"]


@pytest.mark.models
def test_finding_faces_leaves_nothing_in_the_home(models_dir: Path, tmp_path: Path) -> None:
    """A build that reports makes the folder `Microsoft` in the user's cache as it is imported."""
    home = tmp_path / "home"
    (home / ".cache/faceplate").mkdir(parents=True)
    (home / ".cache/faceplate/models").symlink_to(models_dir)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    kept.pop("ORT_DISABLE_TELEMETRY", None)
    done = subprocess.run(
        [sys.executable, *DETECT, str(pictures.astronaut())],
        env={
            **kept,
            "HOME": str(home),
            "FACEPLATE_DATA_DIR": str(tmp_path / "data"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "BoundingBox" in done.stdout
    assert [path.name for path in (home / ".cache").iterdir()] == ["faceplate"]
