"""Models for the chat: a file the stub child takes for one, none at all, and a real small one."""

from __future__ import annotations

from pathlib import Path

import pytest

from faceplate.adapters.llama.weights import LanguageModels
from faceplate.adapters.memory.artifacts import MemoryArtifacts
from faceplate.adapters.packages.artifacts import PackageArtifacts
from faceplate.config import load_settings


@pytest.fixture
def own_models(tmp_path: Path) -> LanguageModels:
    file = tmp_path / "tiny.gguf"
    file.write_bytes(b"GGUF and so on")
    return LanguageModels(tmp_path / "models", PackageArtifacts(), own_file=file)


@pytest.fixture
def nowhere(tmp_path: Path) -> LanguageModels:
    return LanguageModels(tmp_path / "models", MemoryArtifacts({}))


@pytest.fixture
def smallest_model() -> LanguageModels:
    pytest.importorskip("xllamacpp", reason="llama.cpp is not installed (extra llm)")
    models = LanguageModels(load_settings().models_dir, PackageArtifacts(), wanted="smollm2-135m")
    if models.choose().path is None:
        pytest.skip("smollm2-135m is not on this machine: faceplate models pull smollm2-135m")
    return models
