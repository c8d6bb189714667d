"""How well a face can be seen, from its own pixels."""

from __future__ import annotations

import cv2
import numpy as np

from faceplate.adapters.onnx.alignment import TEMPLATES, Patch, similarities
from faceplate.domain.faces import Quality

_INNER_PX = 80
_MARGIN_PX = 16
_INNER_POINTS = TEMPLATES["arcface-112"].points - np.float32(_MARGIN_PX)
"""The part of the 112 px chip that is face and not hair or background."""

_LEAST_PX = 20

_SIZE_POWER = 0.8
_BLURRED, _CRISP = 0.05, 0.35
"""What neighbouring pixels of a face differ by, as a share of its contrast.

Measured on the development half of LFW: 0.06 once blurred by 16 % of the eye distance, 0.27 for
the median picture and 0.37 for the crispest tenth; at a smaller size it rises with about the 0.8th
power, which is taken out again."""

_LEAST_CONTRAST = 5.0
"""Added to the standard deviation so that the noise of an even surface is not sharpness."""


def measure_quality(patch: Patch) -> Quality:
    """Measure brightness and sharpness, 0 to 100 each, of the face in a patch.

    Brightness is the mean luma. Sharpness compares neighbouring pixels with the contrast of the
    whole face, at the face's own resolution, so that it depends little on light and size.
    """
    matrix = similarities(patch.points, _INNER_POINTS)
    grey = cv2.cvtColor(patch.warped(matrix, _INNER_PX), cv2.COLOR_RGB2GRAY)
    mean, deviation = cv2.meanStdDev(grey)
    enlarged = max(float(np.hypot(matrix[0, 0], matrix[1, 0])), 1.0)
    side_px = max(_LEAST_PX, round(_INNER_PX / enlarged))
    if side_px < _INNER_PX:
        grey = cv2.resize(grey, (side_px, side_px), interpolation=cv2.INTER_AREA)
    _, edges = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F, ksize=1))
    share = float(edges[0, 0]) / (float(deviation[0, 0]) + _LEAST_CONTRAST)
    share *= (side_px / _INNER_PX) ** _SIZE_POWER
    return Quality(
        brightness=float(mean[0, 0]) / 2.55,
        sharpness=100.0 * min(1.0, max(0.0, (share - _BLURRED) / (_CRISP - _BLURRED))),
    )
