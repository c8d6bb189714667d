"""Sample pictures for a newcomer without photos: fetched on demand, never shipped."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faceplate.adapters.packages.artifacts import Limits, PackageArtifacts
from faceplate.adapters.packages.installed import holds
from faceplate.domain.artifacts import Artifact, read_artifact
from faceplate.domain.strict_table import StrictTable
from faceplate.ports.artifacts import Progress


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture: who it shows, whom to thank, and under which terms it may be used."""

    artifact: Artifact
    person: str
    licence: str
    credit: str


class SamplePictures:
    """The pictures of a manifest, kept in ``cache_dir`` under their own file names."""

    def __init__(
        self, cache_dir: Path, *, manifest: Path | None = None, limits: Limits | None = None
    ) -> None:
        self._cache_dir = cache_dir
        self._limits = limits
        self._samples = _read_manifest(manifest or Path(__file__).with_name("samples.toml"))

    @property
    def samples(self) -> Sequence[Sample]:
        """Every picture of the manifest, there or not."""
        return self._samples

    def pull(self, progress: Progress | None = None) -> Mapping[str, Path]:
        """Fetch what is missing and return every picture's name and path.

        Raises:
            UpstreamFailed: Code ``download_failed``; pictures fetched before stay.
            StorageFailed: The folder cannot be written.
        Cost: network, 17 MB at most.
        """
        with tempfile.TemporaryDirectory(prefix="faceplate-") as archives:
            artifacts = PackageArtifacts(self._limits, archive_dir=Path(archives))
            there = self.paths()
            for sample in self._samples:
                if sample.artifact.name not in there:
                    artifacts.fetch(sample.artifact, self._target(sample), progress)
        return self.paths()

    def paths(self) -> Mapping[str, Path]:
        """Return name and path of the pictures that are there with the promised bytes."""
        return {
            sample.artifact.name: self._target(sample)
            for sample in self._samples
            if holds(sample.artifact, self._target(sample))
        }

    def _target(self, sample: Sample) -> Path:
        return self._cache_dir / sample.artifact.file


def _read_manifest(path: Path) -> Sequence[Sample]:
    root = StrictTable(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    pictures = root.table("pictures")
    root.finish()
    samples = []
    for name in pictures.keys():  # noqa: SIM118  (keys() is a method here, not a mapping's)
        table = pictures.table(name)
        sample = Sample(
            artifact=read_artifact(name, table, path.parent),
            person=table.text("person"),
            licence=table.text("licence"),
            credit=table.text("credit"),
        )
        table.finish()
        samples.append(sample)
    return samples
