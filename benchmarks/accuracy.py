"""Accuracy of the engine as shipped, on pairs of faces kept outside this project.

Run: python benchmarks/accuracy.py --data FOLDER [--models NAME …] [--write | --check]

FOLDER holds one ``*.tar`` of ``person/picture.jpg`` and one ``*-pairs.tsv`` with the columns fold,
image_a, image_b, same. ``--write`` measures every embedding that is on this machine, in both
modes, and writes docs/reference/accuracy.md. ``--check`` measures the default engine and ends with
status 1 when it is worse than models.toml says.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import simplejpeg

import lfw
from accuracy_page import Row, render
from faceplate.adapters.onnx.engine import OnnxEngine
from faceplate.adapters.onnx.manifest import ModelSpec, load_manifest
from faceplate.adapters.onnx.weights import Weights
from faceplate.bootstrap import weights as weights_of
from faceplate.config import Settings
from faceplate.domain.faces import SeenFace

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "docs" / "reference" / "accuracy.md"
THREADS = 2

ACCURACY_TOLERANCE_PCT = 0.15
TAR_TOLERANCE_PCT = 0.4
"""onnxruntime rounds differently on other processors; a few pairs may fall to the other side."""

MAX_FAR_RATIO = 1.5
"""How far the false-accept rate at 80 and 99 may be above what the curve promises."""


def embed_pictures(engine: OnnxEngine, pictures: Mapping[str, bytes]) -> tuple[lfw.Floats, int]:
    """Return a faceprint for the face in the middle of each picture, and how many had none."""

    def embed(data: bytes) -> lfw.Floats | None:
        pixels = simplejpeg.decode_jpeg(data, "RGB")
        faces = engine.see(pixels, embed=False)
        if not faces:
            return None
        middle = min(faces, key=_distance_from_middle)
        return engine.embed_only(pixels, [middle])[0].embedding

    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(embed, pictures.values()))
    none = np.zeros(engine.dimensions, np.float32)
    prints = np.stack([none if one is None else one for one in found])
    return prints, sum(one is None for one in found)


def _distance_from_middle(face: SeenFace) -> float:
    box = face.detail.box
    return float(np.hypot(box.left + box.width / 2 - 0.5, box.top + box.height / 2 - 0.5))


def measure_model(
    name: str, manifest: Mapping[str, ModelSpec], weights: Weights, data: Path, *, accurate: bool
) -> Row:
    """Run one embedding in one mode over all pictures."""
    engine = OnnxEngine.from_manifest(manifest, weights, embedding=name, accurate=accurate)
    pictures = lfw.read_pictures(_only(data, "*.tar"))
    pairs = lfw.read_pairs(_only(data, "*-pairs.tsv"), list(pictures))
    prints, missed = embed_pictures(engine, pictures)
    rates = lfw.measure(pairs, prints, engine.calibration)
    row = Row(
        spec=manifest[name],
        accurate=accurate,
        shipped=engine.calibration,
        rates=rates,
        pictures=len(pictures),
        pairs=len(pairs.same),
        folds=len(np.unique(pairs.fold)),
        without_face=missed,
    )
    _print(row)
    return row


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder} must hold one file {pattern}; it holds {len(found)}.")
    return found[0]


def _print(row: Row) -> None:
    rates = row.rates
    print(f"{row.title}: {row.pictures} pictures, {row.without_face} without a face")
    print(f"  accuracy {100 * rates.accuracy:.2f} %, folds ± {100 * rates.accuracy_spread:.2f}")
    for far, tar, threshold in zip(lfw.FARS, rates.tars, rates.thresholds, strict=True):
        print(f"  FAR {far:.0e}: TAR {100 * tar:.2f} % at cosine {threshold:.4f}")
    fitted, shipped = rates.fitted, row.shipped
    print(f"  fitted curve: midpoint {fitted.midpoint:.4f}, slope {fitted.slope:.2f}; ", end="")
    print(f"shipped: {shipped.midpoint}, {shipped.slope}")
    for shown, (far, tar) in rates.at_similarity.items():
        print(f"  similarity {shown:.0f}: FAR {far:.1e}, TAR {100 * tar:.2f} %", flush=True)


def find_faults(row: Row) -> list[str]:
    """Compare a row with what models.toml says of it; an empty list when it holds."""
    promised = row.spec.accuracy["accurate" if row.accurate else "default"]
    rates = row.rates
    checks = [
        ("accuracy", 100 * rates.accuracy, promised.lfw_pct - ACCURACY_TOLERANCE_PCT),
        ("TAR at FAR 1e-3", 100 * rates.tars[0], promised.tar_at_far_1e3_pct - TAR_TOLERANCE_PCT),
        ("TAR at FAR 1e-4", 100 * rates.tars[1], promised.tar_at_far_1e4_pct - TAR_TOLERANCE_PCT),
        ("TAR at FAR 1e-5", 100 * rates.tars[2], promised.tar_at_far_1e5_pct - TAR_TOLERANCE_PCT),
    ]
    faults = [
        f"{what} is {measured:.2f} %, at least {least:.2f} % was promised"
        for what, measured, least in checks
        if measured < least
    ]
    for shown, far in ((80.0, 1e-3), (99.0, 1e-5)):
        measured = rates.at_similarity[shown][0]
        if measured > far * MAX_FAR_RATIO:
            faults.append(
                f"FAR at similarity {shown:.0f} is {measured:.1e}, {far:.0e} was promised"
            )
    return faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write or check where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", nargs="*", help="embeddings of the manifest; default: ours")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--write", action="store_true", help="write docs/reference/accuracy.md")
    chosen.add_argument("--check", action="store_true", help="fail when worse than promised")
    options = parser.parse_args(arguments)
    settings = Settings()
    manifest, weights = load_manifest(settings.engine.manifest), weights_of(settings)
    names = options.models or [
        name
        for name, spec in manifest.items()
        if spec.role == "embedding" and weights.status(spec).ok and (options.write or spec.default)
    ]
    modes = (False,) if options.check else (False, True)
    rows = [
        measure_model(name, manifest, weights, options.data, accurate=accurate)
        for name in names
        for accurate in modes
    ]
    if options.write:
        PAGE.write_text(render(rows), encoding="utf-8")
    faults = [f"{row.title}: {fault}" for row in rows for fault in find_faults(row)]
    for fault in faults if options.check else ():
        print(f"WORSE {fault}", file=sys.stderr)
    return 1 if options.check and (faults or not rows) else 0


if __name__ == "__main__":
    sys.exit(main())
