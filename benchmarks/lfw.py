"""Read a folder of face pairs, and turn faceprints into error rates."""

from __future__ import annotations

import csv
import math
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from faceplate.domain.matching import Calibration

Floats = npt.NDArray[np.float32]

FARS = (1e-3, 1e-4, 1e-5)
SHOWN_PCT = (80.0, 90.0, 95.0, 99.0)
_ROWS_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pictures and the official pairs: indices into ``names``, sameness and fold of each."""

    names: Sequence[str]
    people: npt.NDArray[np.intp]
    first: npt.NDArray[np.intp]
    second: npt.NDArray[np.intp]
    same: npt.NDArray[np.bool_]
    fold: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Rates:
    """What was measured. Rates are shares of 1, ``thresholds`` cosines, one for each of FARS.

    ``at_similarity`` maps a similarity of the shipped curve to (FAR, TAR).
    """

    accuracy: float
    accuracy_spread: float
    tars: tuple[float, ...]
    thresholds: tuple[float, ...]
    fitted: Calibration
    at_similarity: dict[float, tuple[float, float]]
    impostors: int


def read_pairs(path: Path, names: Sequence[str]) -> Pairs:
    """Read a table with the columns fold, image_a, image_b and same."""
    place = {name: number for number, name in enumerate(names)}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    people = np.unique([name.split("/")[0] for name in names], return_inverse=True)[1]
    return Pairs(
        names=names,
        people=people.astype(np.intp),
        first=np.array([place[row["image_a"]] for row in rows], np.intp),
        second=np.array([place[row["image_b"]] for row in rows], np.intp),
        same=np.array([row["same"] == "1" for row in rows], np.bool_),
        fold=np.array([int(row["fold"]) for row in rows], np.intp),
    )


def read_pictures(path: Path) -> dict[str, bytes]:
    """Read the JPEG files of a tar archive, by the name ``person/file``."""
    pictures = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".jpg"):
                content = archive.extractfile(member)
                if content is not None:
                    pictures["/".join(Path(member.name).parts[-2:])] = content.read()
    return dict(sorted(pictures.items()))


def measure(pairs: Pairs, prints: Floats, shipped: Calibration) -> Rates:
    """Measure faceprints, shape (pictures, dimensions), rows of length 1, zero for no face."""
    cosines = np.einsum("ij,ij->i", prints[pairs.first], prints[pairs.second])
    genuine = np.sort(cosines[pairs.same])
    impostors = np.sort(np.concatenate(list(_impostors(pairs.people, prints))))
    thresholds = tuple(threshold_at(impostors, far) for far in FARS)
    accuracies = fold_accuracies(cosines, pairs.same, pairs.fold)
    return Rates(
        accuracy=float(np.mean(accuracies)),
        accuracy_spread=float(np.std(accuracies)),
        tars=tuple(share_above(genuine, threshold) for threshold in thresholds),
        thresholds=thresholds,
        fitted=fit_curve(thresholds[0], thresholds[-1]),
        at_similarity={
            shown: (
                share_above(impostors, shipped.min_cosine(shown)),
                share_above(genuine, shipped.min_cosine(shown)),
            )
            for shown in SHOWN_PCT
        },
        impostors=len(impostors),
    )


def _impostors(people: npt.NDArray[np.intp], prints: Floats) -> Iterator[Floats]:
    """Yield the cosine of every two pictures of different people, each pair once."""
    for start in range(0, len(prints), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        cosines = prints[rows] @ prints.T
        later = np.arange(len(prints))[None] > np.arange(len(prints))[rows, None]
        yield cosines[later & (people[rows, None] != people[None])]


def threshold_at(impostors: Floats, far: float) -> float:
    """Return the cosine that this share of sorted impostor pairs lies above."""
    return float(impostors[-1 - int(len(impostors) * far)])


def share_above(sorted_cosines: Floats, threshold: float) -> float:
    """Return the share of sorted cosines above a threshold."""
    above = len(sorted_cosines) - np.searchsorted(sorted_cosines, threshold, side="right")
    return float(above) / len(sorted_cosines)


def fold_accuracies(
    cosines: Floats, same: npt.NDArray[np.bool_], fold: npt.NDArray[np.intp]
) -> list[float]:
    """Return each fold's accuracy at the threshold that is best for all the others."""
    accuracies = []
    for one in np.unique(fold):
        here = fold == one
        threshold = best_threshold(cosines[~here], same[~here])
        accuracies.append(float(((cosines[here] > threshold) == same[here]).mean()))
    return accuracies


def best_threshold(cosines: Floats, same: npt.NDArray[np.bool_]) -> float:
    """Return the threshold with the most right answers; the middle one of equally good ones."""
    order = np.argsort(cosines)
    ranked, truth = cosines[order], same[order]
    right = truth.sum() + np.concatenate(([0], np.cumsum(np.where(truth, -1, 1))))
    best = np.flatnonzero(right == right.max())
    place = int(best[len(best) // 2])
    below = ranked[place - 1] if place > 0 else ranked[0] - 1
    above = ranked[place] if place < len(ranked) else ranked[-1] + 1
    return float(below + above) / 2


def fit_curve(cosine_at_80: float, cosine_at_99: float) -> Calibration:
    """Return the curve that is 80 at the one cosine and 99 at the other."""
    slope = (math.log(99.0) - math.log(4.0)) / (cosine_at_99 - cosine_at_80)
    return Calibration(midpoint=cosine_at_80 - math.log(4.0) / slope, slope=slope)
