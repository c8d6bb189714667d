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


def estimate_poses(points: Floats) -> list[Pose]:
    """Estimate the pose of faces from their five points, shape (n, 5, 2), in pixels.

    The camera is taken to be far away (scaled orthographic), and the face to be turned by pitch
    first, then yaw, then roll. Beyond about 60 degrees of yaw the points themselves are guesses.
    """
    middles = points.mean(axis=1, keepdims=True)
    axes = (_SOLVE @ (points - middles).astype(np.float64)).swapaxes(1, 2)
    left, sizes, right = np.linalg.svd(axes, full_matrices=False)
    rotations = left @ right
    return [
        _pose_of(across, down) if size[0] > 0 else Pose(roll=0.0, yaw=0.0, pitch=0.0)
        for (across, down), size in zip(rotations.tolist(), sizes, strict=True)
    ]


def _pose_of(across: list[float], down: list[float]) -> Pose:
    """Return the angles of a turned face from the first two rows of its rotation."""
    towards = (
        across[1] * down[2] - across[2] * down[1],
        across[2] * down[0] - across[0] * down[2],
        across[0] * down[1] - across[1] * down[0],
    )
    return Pose(
        roll=math.degrees(math.atan2(down[0], across[0])),
        yaw=math.degrees(math.asin(min(1.0, max(-1.0, -towards[0])))),
        pitch=math.degrees(math.atan2(towards[1], towards[2])),
    )
