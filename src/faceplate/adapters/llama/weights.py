"""Files of language models on this machine: found, verified once, and pulled when asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faceplate.adapters.llama.manifest import LanguageModel, load_language_models
from faceplate.domain.errors import ModelCorrupt, ModelUnavailable, UpstreamFailed
from faceplate.ports.artifacts import Artifacts, Progress

AUTO = "auto"
_GGUF = b"GGUF"


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """The model to run: a manifest's entry, or a user's own file, whose ``entry`` is None.

    ``why`` is a sentence for people, empty when nothing is remarkable.
    """

    name: str
    path: Path | None
    entry: LanguageModel | None
    why: str = ""


class LanguageModels:
    """The language models of the manifest, kept in ``models_dir`` beside those for faces.

    ``wanted`` is a name of the manifest or ``auto``; ``own_file`` is a GGUF file of the user's,
    used in place of everything else and taken as it is. Safe for several threads.
    """

    def __init__(
        self,
        models_dir: Path,
        artifacts: Artifacts,
        *,
        wanted: str = AUTO,
        own_file: Path | None = None,
        manifest: Mapping[str, LanguageModel] | None = None,
    ) -> None:
        self.models_dir = models_dir
        self._artifacts = artifacts
        self._wanted = wanted
        self._own_file = own_file
        self.manifest = load_language_models() if manifest is None else manifest

    @property
    def preferred(self) -> str:
        """The name of the model that is wanted, whether it is there or not."""
        if self._own_file is not None:
            return self._own_file.stem
        return self._candidates()[0].name

    def choose(self) -> ChosenModel:
        """Return the model to run and its verified file, or no file when it must be pulled.

        Raises:
            ModelUnavailable: The setting names a model or a file that does not exist.
            ModelCorrupt: The file in use does not have the promised sha256, or is no GGUF file.
        Cost: no network; about a second for 1 GB when a file is looked at for the first time.
        """
        if self._own_file is not None:
            return ChosenModel(self._own_file.stem, _own(self._own_file), None)
        candidates = self._candidates()
        for place, model in enumerate(candidates):
            path = self.find(model)
            if path is not None:
                why = _instead(model, candidates[0]) if place else ""
                return ChosenModel(model.name, path, model, why)
        return ChosenModel(candidates[0].name, None, candidates[0])

    def pull(self, progress: Progress | None = None) -> ChosenModel:
        """Fetch the model to run unless it is there; the fallback stands in for the default.

        Raises:
            ModelUnavailable: No source had it; the message tells what each answered.
            ModelCorrupt: A source gave other bytes than promised and no other source had them.
        Cost: network, 1.1 GB.
        """
        if self._own_file is not None:
            return self.choose()
        failed: ModelUnavailable | ModelCorrupt | None = None
        candidates = self._candidates()
        for model in candidates:
            path = self.find(model)
            try:
                path = path or self.fetch(model, progress)[0]
            except (ModelUnavailable, ModelCorrupt) as exc:
                failed = failed or exc
            else:
                why = _instead(model, candidates[0]) if failed else ""
                return ChosenModel(model.name, path, model, why)
        raise failed or ModelUnavailable("No language model is listed.")

    def is_kept(self, model: LanguageModel) -> bool:
        """Tell whether a file of the model lies in the models folder, without looking into it."""
        return (self.models_dir / model.artifact.cache_name).is_file()

    def find(self, model: LanguageModel) -> Path | None:
        """Return where a model's verified file lies, without the network.

        Raises:
            ModelCorrupt: The file in the models folder has other bytes; it stays where it is.
        """
        kept = self.models_dir / model.artifact.cache_name
        if not kept.is_file():
            return self._artifacts.find(model.artifact)
        if not self._is_verified(model, kept):
            raise ModelCorrupt(
                f"The weights of {model.name} in the models folder do not have the promised sha256 "
                f"and were not loaded. Get them again with `faceplate models pull {model.name}`.",
                details={"model": model.name, "expected_sha256": model.artifact.sha256},
            )
        return kept

    def fetch(self, model: LanguageModel, progress: Progress | None = None) -> tuple[Path, str]:
        """Bring a model's file to the models folder; return it and its source in words.

        What an earlier try left behind is gone on from. Raises as `pull` does.
        """
        target = self.models_dir / model.artifact.cache_name
        try:
            origin = self._artifacts.fetch(model.artifact, target, progress)
        except UpstreamFailed as exc:
            kind = ModelCorrupt if exc.details.get("wrong_bytes") else ModelUnavailable
            raise kind(
                f"{model.name}: {exc.message}", details={**exc.details, "model": model.name}
            ) from exc
        _remember(target)
        return target, origin

    def _candidates(self) -> Sequence[LanguageModel]:
        if self._wanted != AUTO:
            named = self.manifest.get(self._wanted)
            if named is None:
                raise ModelUnavailable(
                    f"There is no language model {self._wanted}; "
                    f"there are: {', '.join(self.manifest)}."
                )
            return [named]
        models = self.manifest.values()
        return [one for one in models if one.default] + [one for one in models if one.fallback]

    def _is_verified(self, model: LanguageModel, path: Path) -> bool:
        """Hash a file, unless it has not changed since it was hashed last."""
        if _is_remembered(path):
            return True
        if self._artifacts.holds(model.artifact, path):
            _remember(path)
            return True
        return False


def _own(path: Path) -> Path:
    try:
        with path.open("rb") as file:
            start = file.read(len(_GGUF))
    except OSError as exc:
        raise ModelUnavailable("The GGUF file that your settings name cannot be read.") from exc
    if start != _GGUF:
        raise ModelCorrupt("The file that your settings name for the language model is no GGUF.")
    return path


def _instead(model: LanguageModel, preferred: LanguageModel) -> str:
    return (
        f"{model.name} stands in for {preferred.name}, which is not on this machine: "
        f"`faceplate models pull {preferred.name}`."
    )


def _note(path: Path) -> Path:
    return path.with_suffix(".verified.json")


def _stamp(path: Path) -> dict[str, int]:
    about = path.stat()
    return {"size_bytes": about.st_size, "changed_ns": about.st_mtime_ns, "inode": about.st_ino}


def _remember(path: Path) -> None:
    """Note what a verified file looks like; without the note it is hashed again, no more."""
    try:
        _note(path).write_text(json.dumps(_stamp(path)), encoding="utf-8")
    except OSError:
        return


def _is_remembered(path: Path) -> bool:
    try:
        return bool(json.loads(_note(path).read_bytes()) == _stamp(path))
    except (OSError, ValueError):
        return False
