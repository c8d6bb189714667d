"""Fixtures for every part of the suite."""

from __future__ import annotations

from pathlib import Path

import pytest

import pictures
from faceplate.adapters.onnx.weights import Weights
from faceplate.adapters.packages.artifacts import PackageArtifacts
from faceplate.config import Settings


@pytest.fixture(scope="session")
def astronaut() -> bytes:
    """One woman, 512 x 512, PNG."""
    return pictures.astronaut().read_bytes()


@pytest.fixture(scope="session")
def group_of_six() -> bytes:
    """Six people, 1280 x 886, JPEG."""
    return pictures.group_of_six().read_bytes()


@pytest.fixture(scope="session")
def weights(models_dir: Path) -> Weights:
    """The weights that set-up pulled; tests that ask for it carry the mark ``models``."""
    return Weights(models_dir, {}, PackageArtifacts())


@pytest.fixture(scope="session")
def models_dir() -> Path:
    return Settings().models_dir
