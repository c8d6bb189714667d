"""Model files on this machine: found, verified, converted once, and pulled when asked."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from faceplate.adapters.onnx.manifest import ModelSpec
from faceplate.adapters.onnx.ready import ReadyFiles, sha256_of
from faceplate.domain.errors import ModelCorrupt, ModelUnavailable, UpstreamFailed
from faceplate.ports.artifacts import Artifacts, Progress


class Place(enum.StrEnum):
    """Where the weights of a model lie."""

    USER_FILE = "user file"
    MODELS_DIR = "models folder"
    INSTALLED = "installed package"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """What is known of a model's weights without loading them; ``ok`` when they can be used."""

    place: Place
    path: Path | None
    ok: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class EmbeddingChoice:
    """The embedding to use; ``why`` is a sentence for people, empty when nothing is remarkable."""

    spec: ModelSpec
    why: str = ""


class Weights:
    """Ready ONNX files for the models of a manifest. Safe for several threads and processes.

    ``models_dir`` is made on first need. ``user_files`` maps a model's name to a file the user
    keeps elsewhere; nothing else is then looked at for that model.
    """

    def __init__(
        self, models_dir: Path, user_files: Mapping[str, Path], artifacts: Artifacts
    ) -> None:
        self._models_dir = models_dir
        self._user_files = dict(user_files)
        self._artifacts = artifacts
        self._ready = ReadyFiles(models_dir)

    def onnx_path(self, spec: ModelSpec) -> Path:
        """Return a verified ONNX file for a model, converting it on first need. No network.

        Raises:
            ModelUnavailable: The weights are nowhere on this machine.
            ModelCorrupt: The bytes found are not those the manifest promises.
        Cost: reads and hashes the file, a few ms for 5 MB; the first conversion takes about 0.5 s.
        """
        place, path = self._locate(spec)
        if path is None:
            raise ModelUnavailable(
                f"The weights of {spec.model} are not on this machine. "
                f"Get them with `faceplate models pull {spec.name}`.",
                details={"model": spec.model},
            )
        data = self._read(spec, path)
        if data is None or sha256_of(data) != spec.sha256:
            raise _corrupt(spec, place)
        return self._ready.path(spec, path, data)

    def pull(self, specs: Iterable[ModelSpec], progress: Progress | None = None) -> dict[str, str]:
        """Make every model usable, fetching what is missing; return where each came from, in words.

        Raises:
            ModelUnavailable: No source had one of them; the message tells what each answered.
            ModelCorrupt: A source gave other bytes than promised and no other source had them, or
                the user's own file has other bytes.
        Cost: network.
        """
        origins = {}
        for spec in specs:
            status = self.status(spec)
            if status.ok:
                origins[spec.name] = status.place.value
            elif status.place is Place.USER_FILE:
                raise _corrupt(spec, status.place) if status.path else _no_user_file(spec)
            else:
                origins[spec.name] = self._fetch(spec, progress)
            self.onnx_path(spec)
        return origins

    def status(self, spec: ModelSpec) -> WeightsStatus:
        """Tell where a model's weights are and whether they are the promised bytes."""
        place, path = self._locate(spec)
        if path is None:
            problem = "" if place is Place.NOWHERE else "the file is not there"
            return WeightsStatus(place, None, ok=False, problem=problem)
        data = self._read(spec, path)
        if data is None:
            return WeightsStatus(place, path, ok=False, problem="the file cannot be read")
        ok = sha256_of(data) == spec.sha256
        return WeightsStatus(place, path, ok=ok, problem="" if ok else "the sha256 is wrong")

    def choose_embedding(
        self, manifest: Mapping[str, ModelSpec], wanted: str | None = None
    ) -> EmbeddingChoice:
        """Return the wanted embedding, or the default one, or a fallback that is on this machine.

        When none is there the default is returned, so that loading it says what to do.

        Raises:
            ModelUnavailable: ``wanted`` is not an embedding of the manifest.
        """
        embeddings = [spec for spec in manifest.values() if spec.role == "embedding"]
        if wanted is not None:
            for spec in embeddings:
                if wanted in (spec.name, spec.model):
                    return EmbeddingChoice(spec)
            names = ", ".join(spec.name for spec in embeddings)
            raise ModelUnavailable(f"There is no embedding of that name; there are: {names}.")
        preferred = [spec for spec in embeddings if spec.default]
        for spec in preferred:
            if self.status(spec).ok:
                return EmbeddingChoice(spec)
        for spec in embeddings:
            if spec.fallback and self.status(spec).ok:
                missing = " and ".join(one.model for one in preferred)
                return EmbeddingChoice(
                    spec,
                    f"{spec.model} is used because {missing} is not on this machine; it is less "
                    "accurate, and faceprints of the two cannot be compared.",
                )
        return EmbeddingChoice((preferred or embeddings)[0])

    def _locate(self, spec: ModelSpec) -> tuple[Place, Path | None]:
        if spec.name in self._user_files:
            path = self._user_files[spec.name]
            return Place.USER_FILE, path if path.is_file() else None
        kept = self._models_dir / spec.artifact.cache_name
        if kept.is_file():
            return Place.MODELS_DIR, kept
        installed = self._artifacts.find(spec.artifact)
        if installed is not None:
            return Place.INSTALLED, installed
        return Place.NOWHERE, None

    def _read(self, spec: ModelSpec, path: Path) -> bytes | None:
        """Return the file's bytes, or None when they cannot be the promised ones."""
        try:
            if path.stat().st_size != spec.size_bytes:
                return b""
            return path.read_bytes()
        except OSError:
            return None

    def _fetch(self, spec: ModelSpec, progress: Progress | None) -> str:
        target = self._models_dir / spec.artifact.cache_name
        try:
            return self._artifacts.fetch(spec.artifact, target, progress)
        except UpstreamFailed as exc:
            kind = ModelCorrupt if exc.details.get("wrong_bytes") else ModelUnavailable
            raise kind(
                f"{spec.model}: {exc.message}", details={**exc.details, "model": spec.model}
            ) from exc


def _corrupt(spec: ModelSpec, place: Place) -> ModelCorrupt:
    mend = (
        "Replace the file your settings name."
        if place is Place.USER_FILE
        else f"Get it again with `faceplate models pull {spec.name}`."
    )
    return ModelCorrupt(
        f"The weights of {spec.model} in the {place.value} do not have the promised sha256 "
        f"and were not loaded. {mend}",
        details={"model": spec.model, "expected_sha256": spec.sha256},
    )


def _no_user_file(spec: ModelSpec) -> ModelUnavailable:
    return ModelUnavailable(
        f"The file your settings name for {spec.model} is not there.",
        details={"model": spec.model},
    )
