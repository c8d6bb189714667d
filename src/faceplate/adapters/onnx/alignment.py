"""Cut faces out upright and at one size, as the networks were taught to see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from faceplate.adapters.onnx.boxes import Floats
from faceplate.adapters.onnx.scales import reduce_by
from faceplate.domain.errors import Misconfigured
from faceplate.domain.faces import Pixels

Matrices = npt.NDArray[np.float32]
"""Shape (n, 2, 3): ``point_there = m[:, :2] @ point_here + m[:, 2]``."""

ARCFACE_PX = 112
ARCFACE_POINTS: Floats = np.array(
    ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655),
     (70.7299, 92.2041)), np.float32,
)  # fmt: skip
"""Where the five points go in a chip of 112 px. Source: insightface, ``face_align.py``, MIT; the
five MTCNN points of Deng et al., "ArcFace" (2019)."""

_DLIB_POINTS: Floats = np.array(
    ((0.2184, 0.2008), (0.7816, 0.2008), (0.5, 0.5187), (0.256, 0.7722), (0.744, 0.7722)),
    np.float32,
)
"""Where YuNet's five points lie in dlib's unit square: the median over chips that dlib cut by its
own five points, made symmetric. Measured on the development half of LFW."""

CHIP_WEIGHTS: Floats = np.array((1, 1, 1, 0.5, 0.5), np.float32)
"""How much each point counts when a chip is cut: a mouth moves with the expression."""

_TO_COMPLEX = np.array((1, 1j), np.complex128)

_EQUAL_WEIGHTS: Floats = np.ones(5, np.float32)

_SURROUND_EYE_DISTANCES = 5.0
"""A patch reaches this far from the middle of a face; no crop of ours reaches further."""


@dataclass(frozen=True, slots=True)
class Template:
    """Where the five points go in a square chip; ``points`` has shape (5, 2), in pixels."""

    side_px: int
    points: Floats


def _dlib_chip(side_px: int, padding: float) -> Template:
    """Source: dlib, ``get_face_chip_details``: the unit square with a margin on every side."""
    points = (_DLIB_POINTS + padding) / (1 + 2 * padding) * side_px
    return Template(side_px, points.astype(np.float32))


TEMPLATES: Mapping[str, Template] = {
    "arcface-112": Template(ARCFACE_PX, ARCFACE_POINTS),
    "dlib-chip-150": _dlib_chip(150, padding=0.25),
    "dlib-chip-64": _dlib_chip(64, padding=0.2),
    "dlib-chip-32": _dlib_chip(32, padding=0.2),
}
"""The templates a manifest may name."""


def template_named(name: str) -> Template:
    """Return a template by the name manifests use.

    Raises:
        Misconfigured: There is no such template.
    """
    try:
        return TEMPLATES[name]
    except KeyError as exc:
        known = ", ".join(TEMPLATES)
        raise Misconfigured(
            f"There is no face template {name!r}; there are {known}.", code="manifest_invalid"
        ) from exc


def enlarged(template: Template, factor: float) -> Template:
    """Return a template whose chips show the face larger by a factor, its middle in its place."""
    middle = template.points.mean(axis=0)
    points = (template.points - middle) * factor + middle
    return Template(template.side_px, points.astype(np.float32))


def similarities(points: Floats, targets: Floats, weights: Floats = _EQUAL_WEIGHTS) -> Matrices:
    """Return the turn, scale and shift that bring points closest to their targets.

    Both have shape (n, 5, 2), or (5, 2) for one face. The fit is of least squares, with a weight
    for each point, and never mirrors. Source: Umeyama (1991); in the plane it is one complex
    division.
    """
    weights = weights / weights.sum()
    here = points @ _TO_COMPLEX
    there = targets @ _TO_COMPLEX
    middle_here = (here @ weights)[..., None]
    middle_there = (there @ weights)[..., None]
    offsets = here - middle_here
    weighted = offsets.conj() * weights
    size = np.maximum((weighted * offsets).sum(axis=-1).real, 1e-9)
    factor = (weighted * (there - middle_there)).sum(axis=-1) / size
    shift = (middle_there - factor[..., None] * middle_here)[..., 0]
    matrices = np.empty((*factor.shape, 2, 3), np.float32)
    matrices[..., 0, 0] = matrices[..., 1, 1] = factor.real
    matrices[..., 1, 0] = factor.imag
    matrices[..., 0, 1] = -factor.imag
    matrices[..., 0, 2] = shift.real
    matrices[..., 1, 2] = shift.imag
    return matrices


def inverted(matrices: Matrices) -> Matrices:
    """Return the way back for every matrix."""
    back = np.linalg.inv(matrices[..., :2])
    shift = -(back @ matrices[..., 2:])
    return np.concatenate((back, shift), axis=-1).astype(np.float32)


def moved_points(points: Floats, matrices: Matrices) -> Floats:
    """Move points, shape (n, 5, 2), each set by its own matrix."""
    moved: Floats = points @ matrices[..., :2].swapaxes(-1, -2) + matrices[..., None, :, 2]
    return moved


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of a picture around one face, reduced until the face is about as large as in a chip.

    Taking chips from the patch instead of the picture keeps large faces free of the false
    patterns that interpolation alone makes. ``points`` are the face's, in the patch's pixels;
    ``to_picture`` multiplies them by its first and adds its other two numbers.
    """

    pixels: Pixels
    points: Floats
    to_picture: tuple[float, float, float]

    def in_picture(self, points: Floats) -> Floats:
        """Return points of the patch in pixels of the picture."""
        factor, left, top = self.to_picture
        moved: Floats = points * np.float32(factor) + np.array((left, top), np.float32)
        return moved

    def with_points(self, points: Floats) -> Patch:
        """Return the same pixels with other points."""
        return Patch(self.pixels, points, self.to_picture)

    def warped(self, matrix: Matrices, side_px: int) -> Pixels:
        """Cut out a square by a matrix from patch to chip, shape (2, 3)."""
        chip = cv2.warpAffine(self.pixels, matrix, (side_px, side_px), flags=cv2.INTER_LINEAR)
        return np.asarray(chip, np.uint8)


def cut_chips(patches: Sequence[Patch], template: Template) -> list[Pixels]:
    """Cut out faces, each (side_px, side_px, 3), RGB; black past the picture's edges."""
    if not patches:
        return []
    points = np.stack([patch.points for patch in patches])
    matrices = similarities(points, template.points, CHIP_WEIGHTS)
    return [
        patch.warped(matrix, template.side_px)
        for patch, matrix in zip(patches, matrices, strict=True)
    ]


def patches_around(pixels: Pixels, points: Floats) -> list[Patch]:
    """Return the patch of a picture around each face; the points have shape (n, 5, 2)."""
    matrices = similarities(points, ARCFACE_POINTS)
    scales = np.maximum(np.hypot(matrices[:, 0, 0], matrices[:, 1, 0]), 1e-6).tolist()
    return [_patch_around(pixels, face, scale) for face, scale in zip(points, scales, strict=True)]


def _patch_around(pixels: Pixels, points: Floats, chip_px_per_px: float) -> Patch:
    factor = int(1 / chip_px_per_px)
    if factor < 2:
        return Patch(pixels, points, (1.0, 0.0, 0.0))
    eye_distance_px = float(ARCFACE_POINTS[1, 0] - ARCFACE_POINTS[0, 0]) / chip_px_per_px
    reach = eye_distance_px * _SURROUND_EYE_DISTANCES
    middle = points.mean(axis=0)
    left, top = (max(0, int(value - reach)) for value in middle)
    right, bottom = (int(value + reach) for value in middle)
    around = pixels[top:bottom, left:right]
    factor = min(factor, around.shape[0], around.shape[1])
    if factor < 2:
        return Patch(pixels, points, (1.0, 0.0, 0.0))
    # The middle of a reduced pixel is the middle of the pixels it was made from.
    shift = (left + (factor - 1) / 2, top + (factor - 1) / 2)
    moved = (points - np.array(shift, np.float32)) / np.float32(factor)
    return Patch(reduce_by(around, factor), moved, (float(factor), *shift))
