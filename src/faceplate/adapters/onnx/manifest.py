"""The manifest of models: what each file is, what it may be used for, and what goes in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from faceplate.domain.artifacts import Artifact, Source, read_artifact
from faceplate.domain.errors import Misconfigured
from faceplate.domain.matching import Calibration
from faceplate.domain.strict_table import StrictTable

ROLES = ("detector", "embedding", "age", "gender")
CONVERSIONS = ("none", "tflite", "dlib-resnet", "dynamic-shape")

FORBIDDEN = {
    "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f": (
        "the 68-point landmark model was trained on pictures whose licence forbids commercial use"
    )
}
"""Files that are never loaded, by sha256, and why. Source: davisking/dlib-models, README."""


@dataclass(frozen=True, slots=True)
class ModelInput:
    """What a network takes: NCHW float32, ``x = (pixel - mean) / scale`` for pixels of 0 to 255.

    ``channels`` is ``RGB`` or ``BGR``; ``mean`` has one number for each of them, in that order;
    ``template`` names how the face is cut out, as in ``arcface-112`` or ``dlib-chip-150``.
    """

    size_px: int
    channels: str
    mean: tuple[float, float, float]
    scale: float
    template: str


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Measured on LFW, all in percent: accuracy of the pairs, true accepts at three FARs."""

    lfw_pct: float
    tar_at_far_1e3_pct: float
    tar_at_far_1e4_pct: float
    tar_at_far_1e5_pct: float


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One entry of the manifest.

    ``dimensions`` and the calibrations are there for embeddings only. ``accuracy`` has the rows
    ``default`` and ``accurate`` where they were measured. ``default`` models are pulled by set-up;
    a ``fallback`` embedding stands in when no default one can be had.
    """

    name: str
    version: str
    role: str
    file: str
    sha256: str
    size_bytes: int
    licence: str
    licence_url: str
    source_page: str
    note: str
    convert: str
    sources: tuple[Source, ...]
    input: ModelInput
    default: bool = False
    fallback: bool = False
    dimensions: int | None = None
    calibration: Calibration | None = None
    calibration_accurate: Calibration | None = None
    accuracy: Mapping[str, Accuracy] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """Name and version, as vectors remember them: ``mobilefacenet@1.0``."""
        return f"{self.name}@{self.version}"

    @property
    def artifact(self) -> Artifact:
        """The file behind the model, for whoever fetches it."""
        return Artifact(
            name=self.name,
            file=self.file,
            sha256=self.sha256,
            size_bytes=self.size_bytes,
            sources=self.sources,
        )


def load_manifest(extra: Path | None = None) -> Mapping[str, ModelSpec]:
    """Read the shipped models and then a user's own file, whose entries add or replace.

    Raises:
        Misconfigured: The message names the file, the entry and the key that is wrong.
    """
    specs = _read_file(Path(__file__).with_name("models.toml"), "models.toml")
    if extra is not None:
        specs |= _read_file(extra, str(extra))
    return specs


def _read_file(path: Path, shown: str) -> dict[str, ModelSpec]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        message = f"The model manifest {shown} cannot be read."
        raise Misconfigured(message, code="manifest_invalid") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        message = f"The model manifest {shown} is not valid TOML."
        raise Misconfigured(message, code="manifest_invalid") from exc
    root = StrictTable(document, shown)
    models = root.table("models")
    root.finish()
    specs = {}
    for name in models.keys():  # noqa: SIM118  (keys() is a method here, not a mapping's)
        table = models.table(name)
        table.origin = f"{shown}, [models.{name}]"
        specs[name] = _read_spec(name, table, path.parent)
    return specs


def _read_spec(name: str, table: StrictTable, folder: Path) -> ModelSpec:
    artifact = read_artifact(name, table, folder)
    if artifact.sha256 in FORBIDDEN:
        raise table.problem(f"this file is never loaded: {FORBIDDEN[artifact.sha256]}")
    role = table.one_of("role", ROLES)
    embeds = role == "embedding"
    spec = ModelSpec(
        name=name,
        version=table.text("version"),
        role=role,
        file=artifact.file,
        sha256=artifact.sha256,
        size_bytes=artifact.size_bytes,
        licence=table.text("licence"),
        licence_url=table.text("licence_url"),
        source_page=table.text("source_page"),
        note=table.text("note", ""),
        convert=table.one_of("convert", CONVERSIONS),
        sources=artifact.sources,
        input=_read_input(table.table("input")),
        default=table.flag("default", default=False),
        fallback=table.flag("fallback", default=False),
        dimensions=table.integer("dimensions") if embeds else None,
        calibration=_read_calibration(table.table("calibration")) if embeds else None,
        calibration_accurate=(
            _read_calibration(table.table("calibration_accurate")) if embeds else None
        ),
        accuracy=_read_accuracy(table.table("accuracy")) if "accuracy" in table else {},
    )
    table.finish()
    return spec


def _read_input(table: StrictTable) -> ModelInput:
    mean = table.numbers("mean") if table.holds_list("mean") else (table.number("mean"),) * 3
    if len(mean) != 3:
        raise table.problem('"mean" must be one number or three')
    read = ModelInput(
        size_px=table.integer("size_px"),
        channels=table.one_of("channels", ("RGB", "BGR")),
        mean=(mean[0], mean[1], mean[2]),
        scale=table.number("scale"),
        template=table.text("template"),
    )
    if read.scale <= 0:
        raise table.problem('"scale" must be above 0')
    table.finish()
    return read


def _read_calibration(table: StrictTable) -> Calibration:
    read = Calibration(midpoint=table.number("midpoint"), slope=table.number("slope"))
    if read.slope <= 0:
        raise table.problem('"slope" must be above 0')
    table.finish()
    return read


def _read_accuracy(table: StrictTable) -> dict[str, Accuracy]:
    rows = {}
    for mode in [one for one in ("default", "accurate") if one in table]:
        row = table.table(mode)
        rows[mode] = Accuracy(
            lfw_pct=row.number("lfw_pct"),
            tar_at_far_1e3_pct=row.number("tar_at_far_1e3_pct"),
            tar_at_far_1e4_pct=row.number("tar_at_far_1e4_pct"),
            tar_at_far_1e5_pct=row.number("tar_at_far_1e5_pct"),
        )
        row.finish()
    table.finish()
    return rows
