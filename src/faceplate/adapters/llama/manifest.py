"""The manifest of language models: what each file is and what may be expected of it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from faceplate.domain.artifacts import Artifact, read_artifact
from faceplate.domain.strict_table import StrictTable


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """One entry of the manifest.

    The ``default`` is used unless another is asked for; the ``fallback`` when the default cannot be
    had. ``context_tokens`` is the longest text it was trained for, question and answer together.
    """

    name: str
    version: str
    artifact: Artifact
    licence: str
    licence_url: str
    source_page: str
    note: str
    parameters: str
    limits: str
    context_tokens: int
    default: bool = False
    fallback: bool = False

    @property
    def model(self) -> str:
        """Name and version: ``qwen2.5-coder-1.5b-instruct-q4_k_m``."""
        return f"{self.name}-{self.version}"


def load_language_models() -> Mapping[str, LanguageModel]:
    """Read the shipped manifest; the default comes first.

    Raises:
        Misconfigured: The message names the entry and the key that is wrong.
    """
    path = Path(__file__).with_name("models.toml")
    root = StrictTable(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    models = root.table("models")
    root.finish()
    read = {}
    for name in models.keys():  # noqa: SIM118  (keys() is a method here, not a mapping's)
        table = models.table(name)
        table.origin = f"{path.name}, [models.{name}]"
        read[name] = _read_model(name, table, path.parent)
    return read


def _read_model(name: str, table: StrictTable, folder: Path) -> LanguageModel:
    model = LanguageModel(
        name=name,
        version=table.text("version"),
        artifact=read_artifact(name, table, folder),
        licence=table.text("licence"),
        licence_url=table.text("licence_url"),
        source_page=table.text("source_page"),
        note=table.text("note", ""),
        parameters=table.text("parameters"),
        limits=table.text("limits"),
        context_tokens=table.integer("context_tokens"),
        default=table.flag("default", default=False),
        fallback=table.flag("fallback", default=False),
    )
    table.finish()
    return model
