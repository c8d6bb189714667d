"""The engine on real weights, and pictures decoded once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from faceplate.adapters.onnx.detector import YuNet
from faceplate.adapters.onnx.engine import OnnxEngine
from faceplate.adapters.onnx.manifest import ModelSpec, load_manifest
from faceplate.adapters.onnx.session import Session
from faceplate.adapters.onnx.weights import Weights
from faceplate.domain.faces import Pixels


@pytest.fixture(scope="session")
def manifest() -> Mapping[str, ModelSpec]:
    return load_manifest()


def need(weights: Weights, *specs: ModelSpec) -> None:
    """Skip where weights were not pulled."""
    for spec in specs:
        status = weights.status(spec)
        if not status.ok:
            pytest.skip(f"the weights of {spec.model} are not here: {status.problem or 'nowhere'}")


@pytest.fixture(scope="session")
def engine(weights: Weights, manifest: Mapping[str, ModelSpec]) -> OnnxEngine:
    need(weights, manifest["yunet"], manifest["mobilefacenet"])
    return OnnxEngine.from_manifest(manifest, weights, embedding="mobilefacenet")


@pytest.fixture(scope="session")
def detector(weights: Weights, manifest: Mapping[str, ModelSpec]) -> YuNet:
    need(weights, manifest["yunet"])
    return YuNet(Session(partial(weights.onnx_path, manifest["yunet"])))


@pytest.fixture(scope="session")
def portrait(astronaut: bytes) -> Pixels:
    """One woman, 512 x 512."""
    return read(astronaut)


@pytest.fixture(scope="session")
def group(group_of_six: bytes) -> Pixels:
    """Six people, 1280 x 886."""
    return read(group_of_six)


def read(data: bytes) -> Pixels:
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))
