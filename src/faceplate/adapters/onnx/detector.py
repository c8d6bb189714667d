"""YuNet: where the faces are, and five points of each.

Source: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector" (2023), and the weights
``face_detection_yunet_2023mar.onnx`` of OpenCV zoo, MIT. It takes BGR, 0 to 255, float32, NCHW,
sides that are multiples of 32. For each stride of 8, 16 and 32 px it answers one row per cell:
class and objectness scores, a box as (dx, dy, log width, log height) and five points as (dx, dy),
in units of the stride. It knows faces of about 10 to 300 px.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from faceplate.adapters.onnx.boxes import Detections, keep_best
from faceplate.adapters.onnx.session import Session, Tensor
from faceplate.domain.faces import Pixels

STRIDES_PX = (8, 16, 32)

MIN_SCORE = 0.6
"""Below it a cell is no face. OpenCV's sample asks for 0.9; the quality filter can, too."""


class YuNet:
    """Run the detector on pictures of any size, or on a batch of equal ones."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, pixels: Pixels, *, min_score: float = MIN_SCORE) -> Detections:
        """Find the faces of one RGB picture at its own size, each once, best score first."""
        height, width = pixels.shape[:2]
        bottom, right = -height % 32, -width % 32
        if bottom or right:
            pixels = np.asarray(
                cv2.copyMakeBorder(pixels, 0, bottom, 0, right, cv2.BORDER_CONSTANT), np.uint8
            )
        _, found = self.cells(cv2.dnn.blobFromImage(pixels, swapRB=True), min_score=min_score)
        return keep_best(found)

    def cells(self, batch: Tensor, *, min_score: float) -> tuple[npt.NDArray[np.intp], Detections]:
        """Return every cell that sees a face, overlaps and all, and the picture each is from.

        Args:
            batch: Shape (n, 3, height, width), BGR, 0 to 255, sides multiples of 32.
            min_score: Cells below it are left out, 0 to 1.
        """
        count, _, height, width = batch.shape
        outputs = self._session.run(batch)

        def rows(head: str, columns: int) -> Tensor:
            parts = [
                outputs[f"{head}_{stride}"].reshape(count, -1, columns) for stride in STRIDES_PX
            ]
            return np.concatenate(parts, axis=1).reshape(-1, columns)

        product = rows("cls", 1)[:, 0].clip(0, 1)
        product *= rows("obj", 1)[:, 0].clip(0, 1)
        good = np.flatnonzero(product >= min_score * min_score)
        corners, strides = _cells(height, width)
        cell = good % len(strides)
        corner, stride = corners[cell], strides[cell]
        raw = rows("bbox", 4)[good]
        size = np.exp(raw[:, 2:])
        boxes = np.concatenate((raw[:, :2] + corner - size / 2, size), axis=1)
        points = rows("kps", 10)[good].reshape(-1, 5, 2) + corner[:, None]
        return good // len(strides), Detections(
            boxes * stride[:, None], points * stride[:, None, None], np.sqrt(product[good])
        )


@lru_cache(maxsize=64)
def _cells(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Return every cell's place in its own grid, shape (cells, 2), and its stride, (cells,)."""
    corners, strides = [], []
    for stride in STRIDES_PX:
        down, across = np.divmod(np.arange((height // stride) * (width // stride)), width // stride)
        corners.append(np.stack((across, down), axis=1).astype(np.float32))
        strides.append(np.full(len(down), stride, np.float32))
    return np.concatenate(corners), np.concatenate(strides)
