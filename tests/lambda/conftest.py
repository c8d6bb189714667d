from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import awslambdaric
import pytest

from faceplate.adapters.lambda_zip.build import build_zip
from faceplate.adapters.lambda_zip.target import Target
from task import HERE, ROOT, WHEELS


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip for this Python."""
    folder = tmp_path_factory.mktemp("zip")
    (folder / "wheels").symlink_to(WHEELS)
    return build_zip(ROOT, folder, Target(HERE, "x86_64")).path


@pytest.fixture(scope="session")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def clean_python(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], str]:
    """A Python with Lambda's runtime client and not one package of ours."""
    folder = tmp_path_factory.mktemp("clean")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True
    )
    client = folder / "client"
    client.mkdir()
    packages = Path(awslambdaric.__file__).parents[1]
    for pattern in ("awslambdaric", "simplejson", "snapshot_restore*", "runtime_client*"):
        for path in packages.glob(pattern):
            (client / path.name).symlink_to(path)
    return [str(folder / "venv" / "bin" / "python"), "-m", "awslambdaric"], str(client)
