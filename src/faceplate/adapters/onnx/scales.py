"""Look for faces at as many scales as a picture deserves.

The first look is at 640 px. Faces of 10 to 300 px are found there, which is every face of most
pictures. A finer look follows, in tiles so that memory stays small, when it is likely to pay:
the picture is large, or small faces were seen, or none at all. A picture without a face is also
looked at from further away, with a margin, for a face that fills it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np

from faceplate.adapters.onnx.boxes import Detections, join, keep_best, merge_finer
from faceplate.adapters.onnx.detector import YuNet
from faceplate.domain.faces import Pixels

FIRST_SIDE_PX = 640
FINER_SIDES_PX = (1280, 2560, 4096)
CLOSE_SIDES_PX = (320, 160)

WORTH_RATIO = 1.3
"""A finer look has to be finer by this much to be worth its while."""

LARGE_PICTURE_PX = 1920
"""From this longer side on, the look at 1280 px costs less than decoding the picture did."""

SMALL_FACE_PX = 24
"""Where a face this small was seen at some scale, there may be others too small for it."""

FINER_MIN_SCORE = 0.7
"""Many more cells are looked at in a finer look; this keeps its false alarms as rare."""

TILE_PX = 768
TILE_OVERLAP_PX = 96


class FaceFinder:
    """Find the faces of a picture of any size with YuNet, each face once."""

    def __init__(self, detector: YuNet) -> None:
        self._detector = detector

    def find(self, pixels: Pixels) -> Detections:
        """Return the faces of an RGB picture in its own pixels, best score first."""
        side = max(pixels.shape[:2])
        small = shrink(pixels, FIRST_SIDE_PX)
        scale = side / max(small.shape[:2])
        found = self._detector.find(small).moved(scale)
        if not len(found):
            found = self._find_close(small).moved(scale)
        seen_at = side / scale
        for finer in FINER_SIDES_PX:
            look = min(finer, side)
            if look < seen_at * WORTH_RATIO or not _pays(found, side, seen_at):
                break
            found = merge_finer(found, self._find_in_tiles(shrink(pixels, look), side / look))
            seen_at = look
        return found

    def _find_close(self, pixels: Pixels) -> Detections:
        """Look from further away and past the edges, for a face that fills the picture."""
        parts = []
        for side in CLOSE_SIDES_PX:
            scale = max(pixels.shape[:2]) / side
            margin = side // 4
            size = (_scaled(pixels.shape[1], scale), _scaled(pixels.shape[0], scale))
            small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
            framed = cv2.copyMakeBorder(
                small, margin, margin, margin, margin, cv2.BORDER_CONSTANT
            )  # fmt: skip
            found = self._detector.find(np.asarray(framed, np.uint8))
            parts.append(found.moved(1.0, -margin, -margin).moved(scale))
        return keep_best(join(parts))

    def _find_in_tiles(self, pixels: Pixels, scale: float) -> Detections:
        """Return faces at ``scale`` times the pixels given."""
        parts = []
        for left, top, right, bottom in _tiles(pixels.shape[1], pixels.shape[0]):
            tile = np.ascontiguousarray(pixels[top:bottom, left:right])
            found = self._detector.find(tile, min_score=FINER_MIN_SCORE)
            whole = _not_cut(
                found,
                size=(right - left, bottom - top),
                inner=(left > 0, top > 0, right < pixels.shape[1], bottom < pixels.shape[0]),
            )
            parts.append(whole.moved(1.0, left, top).moved(scale))
        return keep_best(join(parts))


def shrink(pixels: Pixels, side_px: int) -> Pixels:
    """Return the picture with its longer side at most ``side_px``, never enlarged.

    Whole factors are averaged, which is quick and keeps out false patterns; the rest, below 2, is
    interpolated. Up to ``factor - 1`` px at the right and bottom edge are not seen.
    """
    height, width = pixels.shape[:2]
    ratio = max(height, width) / side_px
    if ratio <= 1:
        return pixels
    factor = min(int(ratio), height, width)
    if factor > 1:
        pixels = reduce_by(pixels, factor)
    if max(pixels.shape[:2]) > side_px:
        size = (_scaled(width, ratio), _scaled(height, ratio))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return pixels


def reduce_by(pixels: Pixels, factor: int) -> Pixels:
    """Average ``factor`` x ``factor`` pixels into one; incomplete ones at the edges are cut off."""
    rows, columns = pixels.shape[0] // factor, pixels.shape[1] // factor
    whole = pixels[: rows * factor, : columns * factor]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def _scaled(length_px: int, ratio: float) -> int:
    return max(1, round(length_px / ratio))


def _pays(found: Detections, side_px: int, seen_at_px: float) -> bool:
    """Tell whether a look finer than ``seen_at_px`` is likely to show more faces."""
    if not len(found):
        return seen_at_px <= FINER_SIDES_PX[0]
    if side_px >= LARGE_PICTURE_PX and seen_at_px <= FIRST_SIDE_PX:
        return True
    smallest_px = float(found.boxes[:, 2:].min(axis=1).min()) * seen_at_px / side_px
    return smallest_px < SMALL_FACE_PX


def _tiles(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (left, top, right, bottom) of overlapping tiles that cover a picture."""
    for top, bottom in _spans(height):
        for left, right in _spans(width):
            yield left, top, right, bottom


def _spans(length: int) -> list[tuple[int, int]]:
    """Cover a length with the fewest equal spans of at most a tile, each overlapping the next."""
    if length <= TILE_PX:
        return [(0, length)]
    count = math.ceil((length - TILE_OVERLAP_PX) / (TILE_PX - TILE_OVERLAP_PX))
    span = math.ceil((length + (count - 1) * TILE_OVERLAP_PX) / count)
    starts = [round(number * (length - span) / (count - 1)) for number in range(count)]
    return [(start, start + span) for start in starts]


def _not_cut(
    found: Detections, *, size: tuple[int, int], inner: tuple[bool, bool, bool, bool]
) -> Detections:
    """Drop boxes cut by an edge that other tiles lie beyond: a neighbour sees that face whole.

    Only boxes that fit into the overlap are sure to be whole somewhere, so larger ones stay.
    """
    left, top = found.boxes[:, 0], found.boxes[:, 1]
    right, bottom = size[0] - left - found.boxes[:, 2], size[1] - top - found.boxes[:, 3]
    cut = np.zeros(len(found), np.bool_)
    for gap, beyond in zip((left, top, right, bottom), inner, strict=True):
        if beyond:
            cut |= gap < 1
    fits = found.boxes[:, 2:].max(axis=1, initial=0) < TILE_OVERLAP_PX
    return found.take(~(cut & fits))
