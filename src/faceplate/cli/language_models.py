"""The language models among the models of `faceplate models`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from faceplate.cli.connect import read_settings
from faceplate.domain.errors import ModelCorrupt

if TYPE_CHECKING:
    from faceplate.adapters.llama.manifest import LanguageModel
    from faceplate.adapters.llama.weights import LanguageModels
    from faceplate.ports.artifacts import Progress


def open_language_models() -> LanguageModels:
    """Return the language models that the settings name."""
    from faceplate.bootstrap.text import language_models

    return language_models(read_settings())


def describe_language_models(models: LanguageModels) -> list[dict[str, Any]]:
    """Return what the manifest says of each, and where its weights are."""
    return [_describe(model, models) for model in models.manifest.values()]


def pull_language_model(
    models: LanguageModels, model: LanguageModel, progress: Progress | None
) -> str:
    """Get the weights of one model unless they are here, and return where they came from."""
    path, problem = locate(model, models)
    if path is not None and not problem:
        return _place(path, models)
    return models.fetch(model, progress)[1]


def locate(model: LanguageModel, models: LanguageModels) -> tuple[Path | None, str]:
    """Return where a model's file is, and what is wrong with it."""
    try:
        return models.find(model), ""
    except ModelCorrupt:
        return None, "the sha256 is wrong"


def _describe(model: LanguageModel, models: LanguageModels) -> dict[str, Any]:
    path, problem = locate(model, models)
    return {
        "name": model.name,
        "model": model.model,
        "role": "language",
        "default": False,
        "licence": model.licence,
        "licence_url": model.licence_url,
        "size_bytes": model.artifact.size_bytes,
        "sha256": model.artifact.sha256,
        "accuracy": {},
        "place": "nowhere" if path is None else _place(path, models),
        "path": None if path is None else str(path),
        "ok": path is not None,
        "problem": problem,
    }


def _place(path: Path, models: LanguageModels) -> str:
    return "models folder" if path.parent == models.models_dir else "installed package"
