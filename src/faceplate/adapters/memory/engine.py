"""A face engine for drawn pictures: a patch of one colour on white paper is a face."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from faceplate.domain.faces import (
    BoundingBox,
    Embedding,
    FaceDetail,
    Landmark,
    Pixels,
    Pose,
    Quality,
    SeenFace,
)
from faceplate.domain.matching import Calibration, normalise

DIMENSIONS = 64
_PAPER = 225
_LONGEST_CELLS = 128
_REACH = 60.0
_SIDE = np.linspace(0.0, 255.0, 4, dtype=np.float32)
_ANCHORS = np.array(list(itertools.product(_SIDE, _SIDE, _SIDE)), dtype=np.float32)
_MARKS = (
    ("eyeLeft", 0.3, 0.35),
    ("eyeRight", 0.7, 0.35),
    ("nose", 0.5, 0.55),
    ("mouthLeft", 0.35, 0.75),
    ("mouthRight", 0.65, 0.75),
)


class MemoryEngine:
    """Find every rectangle of one colour that stands alone on white, and call it a face.

    The faceprint is made of the colour: two colours 5 levels apart are one person (similarity
    above 99), 30 apart still alike (above 90), 70 apart strangers (below 10). A patch narrower than
    it is high looks away: half as wide is a yaw of 45 degrees. Dark colours are dark faces. A
    picture of anything else has no faces or arbitrary ones; nothing here looks at real faces.
    """

    def __init__(
        self, *, model: str = "colours@1.0", attributes: Collection[str] = (), broken: bool = False
    ) -> None:
        self._model = model
        self._attributes = frozenset(attributes)
        self._broken = broken

    @property
    def model(self) -> str:
        """The name it was given."""
        return self._model

    @property
    def dimensions(self) -> int:
        """One for each anchor colour."""
        return DIMENSIONS

    @property
    def calibration(self) -> Calibration:
        """A curve that keeps the promises of the class."""
        return Calibration(midpoint=0.87, slope=60.0)

    @property
    def attributes(self) -> Collection[str]:
        """Those it was given."""
        return self._attributes

    def see(
        self, pixels: Pixels, *, embed: bool, attributes: Collection[str] = ()
    ) -> Sequence[SeenFace]:
        """Find every patch, largest first."""
        wanted = self._attributes & set(attributes)
        faces = [_describe(pixels, patch, wanted) for patch in _patches(pixels)]
        faces.sort(key=lambda face: (-face.detail.box.area, face.detail.box.left))
        return self.embed_only(pixels, faces) if embed else faces

    def embed_only(self, pixels: Pixels, faces: Sequence[SeenFace]) -> Sequence[SeenFace]:
        """Add faceprints made of the patches' colours."""
        return [
            replace(face, embedding=_embed(_colour(pixels, _bounds(pixels, face))))
            for face in faces
        ]

    def warm_up(self) -> None:
        """Do nothing: there is no model to load."""

    def ping(self) -> None:
        """Raise when it was made broken."""
        if self._broken:
            raise RuntimeError("made broken")


_Bounds = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; the last two are outside."""


def _patches(pixels: Pixels) -> Iterator[_Bounds]:
    """Yield the bounds of every connected patch that is not paper, judged on a coarse grid."""
    height, width = pixels.shape[:2]
    step = max(1, -(-max(height, width) // _LONGEST_CELLS))
    left_to_visit = pixels[::step, ::step].min(axis=2) < _PAPER
    for row, column in zip(*np.nonzero(left_to_visit), strict=True):
        if not left_to_visit[row, column]:
            continue
        rows, columns = _flood(left_to_visit, int(row), int(column))
        if len(rows) > 3:
            yield (
                min(columns) * step,
                min(rows) * step,
                min(width, (max(columns) + 1) * step),
                min(height, (max(rows) + 1) * step),
            )


def _flood(cells: npt.NDArray[np.bool_], row: int, column: int) -> tuple[list[int], list[int]]:
    """Clear a connected patch of cells and return where it was."""
    rows, columns = [], []
    waiting = [(row, column)]
    cells[row, column] = False
    while waiting:
        row, column = waiting.pop()
        rows.append(row)
        columns.append(column)
        for near in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            inside = 0 <= near[0] < cells.shape[0] and 0 <= near[1] < cells.shape[1]
            if inside and cells[near]:
                cells[near] = False
                waiting.append(near)
    return rows, columns


def _describe(pixels: Pixels, bounds: _Bounds, attributes: Collection[str]) -> SeenFace:
    height, width = pixels.shape[:2]
    left, top, right, bottom = bounds
    box = BoundingBox(
        left=left / width,
        top=top / height,
        width=(right - left) / width,
        height=(bottom - top) / height,
    )
    colour = _colour(pixels, bounds)
    narrow = min(1.0, (right - left) / (bottom - top))
    detail = FaceDetail(
        box=box,
        confidence=99.0,
        landmarks=tuple(
            Landmark(kind, box.left + x * box.width, box.top + y * box.height)
            for kind, x, y in _MARKS
        ),
        pose=Pose(roll=0.0, yaw=(1.0 - narrow) * 90.0, pitch=0.0),
        quality=Quality(brightness=float(colour.mean()) / 2.55, sharpness=80.0),
        age_range=(20, 30) if "AGE_RANGE" in attributes else None,
        gender=("Female", 75.0) if "GENDER" in attributes else None,
    )
    return SeenFace(detail=detail, min_side_px=float(min(right - left, bottom - top)))


def _bounds(pixels: Pixels, face: SeenFace) -> _Bounds:
    height, width = pixels.shape[:2]
    box = face.detail.box
    return (
        round(box.left * width),
        round(box.top * height),
        round((box.left + box.width) * width),
        round((box.top + box.height) * height),
    )


def _colour(pixels: Pixels, bounds: _Bounds) -> npt.NDArray[np.float32]:
    """Return the mean colour of a patch's middle, away from its soft edges."""
    left, top, right, bottom = bounds
    inset_x, inset_y = (right - left) // 4, (bottom - top) // 4
    middle = pixels[top + inset_y : bottom - inset_y, left + inset_x : right - inset_x]
    mean: npt.NDArray[np.float32] = middle.reshape(-1, 3).mean(axis=0, dtype=np.float32)
    return mean


def _embed(colour: npt.NDArray[np.float32]) -> Embedding:
    distances = np.square(_ANCHORS - colour).sum(axis=1)
    return normalise(np.exp(-distances / (2 * _REACH**2)).astype(np.float32))
