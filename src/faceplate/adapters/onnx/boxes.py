"""Detected faces as arrays, and what to do when boxes overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

MAX_OVERLAP = 0.3
"""Two boxes that share more than this are one face. Source: OpenCV's YuNet sample."""

MAX_INSIDE = 0.6


@dataclass(frozen=True, slots=True)
class Detections:
    """Faces of one picture, in pixels of that picture.

    ``boxes`` has shape (n, 4): left, top, width, height. ``points`` has shape (n, 5, 2): eye,
    eye, nose tip, mouth corner, mouth corner, those on the left of the picture before those on
    the right for an upright face. ``scores`` has shape (n,), 0 to 1.
    """

    boxes: Floats
    points: Floats
    scores: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: npt.NDArray[Any] | slice) -> Detections:
        """Return some of the faces: a mask, or row numbers in the order wanted."""
        return Detections(self.boxes[rows], self.points[rows], self.scores[rows])

    def moved(self, scale: float, left: float = 0.0, top: float = 0.0) -> Detections:
        """Return the same faces in another picture's pixels: scaled first, then shifted."""
        shift = np.array((left, top), np.float32)
        boxes = self.boxes * np.float32(scale)
        boxes[:, :2] += shift
        return Detections(boxes, self.points * np.float32(scale) + shift, self.scores)


def join(parts: Sequence[Detections]) -> Detections:
    """Put several answers about one picture into one, unsorted and with repetitions."""
    return Detections(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def keep_best(found: Detections) -> Detections:
    """Drop every box that overlaps one with a better score; best score first."""
    found = found.take(np.argsort(-found.scores, kind="stable"))
    areas = _areas(found.boxes)
    kept = []
    left = np.arange(len(found))
    # One row at a time: a crowd's whole table of overlaps would take hundreds of megabytes.
    while len(left):
        best, others = left[:1], left[1:]
        kept.append(best[0])
        shared = _shared_areas(found.boxes[best], found.boxes[others])[0]
        apart = shared <= MAX_OVERLAP * (areas[best] + areas[others] - shared)
        left = others[apart]
    return found.take(np.array(kept, np.intp))


def merge_finer(coarse: Detections, fine: Detections) -> Detections:
    """Add the faces of a finer look, each face once; best score first.

    A finer look may take an eye or a nostril for a face: a small box inside a face that was
    already found, at most half its area, is left out.
    """
    if len(coarse) and len(fine):
        shared = _shared_areas(fine.boxes, coarse.boxes)
        small, large = _areas(fine.boxes)[:, None], _areas(coarse.boxes)[None]
        inside = (shared > MAX_INSIDE * small) & (small <= large / 2)
        fine = fine.take(np.flatnonzero(~inside.any(axis=1)))
    return keep_best(join((coarse, fine)))


def _areas(boxes: Floats) -> Floats:
    areas: Floats = boxes[:, 2] * boxes[:, 3]
    return areas


def _shared_areas(one: Floats, other: Floats) -> Floats:
    """Return the area every box of ``one`` shares with every box of ``other``."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(
        (one[:, :2] + one[:, 2:])[:, None], (other[:, :2] + other[:, 2:])[None]
    )  # fmt: skip
    sides = np.clip(high - low, 0, None)
    shared: Floats = sides[..., 0] * sides[..., 1]
    return shared
