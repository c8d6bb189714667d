"""Which way a face looks, from its five points alone."""

from __future__ import annotations

import math

import numpy as np

from faceplate.adapters.onnx.boxes import Floats
from faceplate.domain.faces import Pose

FACE_POINTS_3D: Floats = np.array(
    ((-0.5, 0, 0), (0.5, 0, 0), (0, 0.552, 0.42), (-0.432, 1.008, 0.05), (0.432, 1.008, 0.05)),
    np.float32,
)
"""Eyes, nose tip and mouth corners of a face that looks at the camera, shape (5, 3).

In eye distances: x to the picture's right, y down, z towards the camera. Across the picture they
are the median of the development half of LFW, so that the usual face has pitch 0; the depths are
rounded from common head measures (63 mm between the eyes, the nose tip 26 mm before them)."""

_SOLVE = np.linalg.pinv(FACE_POINTS_3D - FACE_POINTS_3D.mean(axis=0))


def estimate_pose(points: Floats) -> Pose:
    """Estimate the pose of a face from its five points, shape (5, 2), in pixels.

    The camera is taken to be far away (scaled orthographic), and the face to be turned by pitch
    first, then yaw, then roll. Beyond about 60 degrees of yaw the points themselves are guesses.
    """
    rows = (_SOLVE @ (points - points.mean(axis=0))).T.astype(np.float64)
    if not np.any(rows):
        return Pose(roll=0.0, yaw=0.0, pitch=0.0)
    left, _, right = np.linalg.svd(rows, full_matrices=False)
    across, down = left @ right
    towards = np.cross(across, down)
    return Pose(
        roll=math.degrees(math.atan2(down[0], across[0])),
        yaw=math.degrees(math.asin(min(1.0, max(-1.0, -float(towards[0]))))),
        pitch=math.degrees(math.atan2(towards[1], towards[2])),
    )
