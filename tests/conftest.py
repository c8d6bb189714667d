"""Fixtures for every part of the suite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import emulators
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


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """S3, DynamoDB, SSM and more: one process for the whole session; names must not collide."""
    with emulators.ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture
def aws_environment(ministack_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point every AWS client of this process at the emulator; return its address."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in emulators.CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", ministack_url)
    return ministack_url
