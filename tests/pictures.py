"""Photographs that come inside packages installed for tests; nothing of them is imported."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

import platformdirs
import pytest

from faceplate.adapters.packages.samples import SamplePictures


def packaged(package: str, member: str) -> Path:
    """Return where an installed package keeps a file."""
    for file in metadata.files(package) or ():
        if file.as_posix() == member:
            return Path(str(file.locate()))
    raise FileNotFoundError(f"{package} does not hold {member}")


def astronaut() -> Path:
    """One woman, 512 x 512, PNG: NASA's portrait of Eileen Collins."""
    return packaged("scikit-image", "skimage/data/astronaut.png")


def group_of_six() -> Path:
    """Six people, 1280 x 886, JPEG."""
    return packaged("insightface", "insightface/data/images/t1.jpg")


def sample(name: str) -> Path:
    """Return a picture of the demo's set, or skip where it was never pulled."""
    default = Path(platformdirs.user_cache_dir("faceplate", appauthor=False)) / "samples"
    folder = Path(os.environ.get("FACEPLATE_TEST_SAMPLES_DIR", default))
    samples = SamplePictures(folder)
    if name not in {one.artifact.name for one in samples.samples}:
        raise KeyError(name)
    paths = samples.paths()
    if name not in paths:
        pytest.skip(f"the sample picture {name} was not pulled")
    return paths[name]
