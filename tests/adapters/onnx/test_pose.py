import numpy as np
import pytest

from faceplate.adapters.onnx.boxes import Floats
from faceplate.adapters.onnx.pose import FACE_POINTS_3D, estimate_poses


def photograph(*, roll: float = 0, yaw: float = 0, pitch: float = 0) -> Floats:
    """Project the face, turned by pitch, then yaw, then roll, as a camera far away sees it.

    x grows to the right, y down, z towards the camera; the signs are those of `Pose`.
    """
    up, right, clockwise = np.deg2rad((pitch, yaw, roll))
    pitching = np.array(((1, 0, 0), (0, np.cos(up), -np.sin(up)), (0, np.sin(up), np.cos(up))))
    yawing = np.array(
        ((np.cos(right), 0, np.sin(right)), (0, 1, 0), (-np.sin(right), 0, np.cos(right)))
    )
    rolling = np.array(
        (
            (np.cos(clockwise), -np.sin(clockwise), 0),
            (np.sin(clockwise), np.cos(clockwise), 0),
            (0, 0, 1),
        )
    )
    points = FACE_POINTS_3D @ (rolling @ yawing @ pitching).T
    return (points[:, :2] * 80 + (300, 200)).astype(np.float32)


@pytest.mark.parametrize("roll", [-150, -30, 0, 20, 90])
@pytest.mark.parametrize("yaw", [-60, -20, 0, 35])
@pytest.mark.parametrize("pitch", [-40, 0, 25])
def test_the_pose_of_a_photographed_model_is_recovered(
    roll: float, yaw: float, pitch: float
) -> None:
    (pose,) = estimate_poses(photograph(roll=roll, yaw=yaw, pitch=pitch)[None])
    assert np.allclose((pose.roll, pose.yaw, pose.pitch), (roll, yaw, pitch), atol=0.5)


def test_the_signs_are_those_promised() -> None:
    right = photograph(yaw=30)
    assert right[2, 0] - right[:2, 0].mean() > 10, "the nose points to the picture's right"
    up = photograph(pitch=30)
    assert up[2, 1] < photograph()[2, 1], "the nose goes up in the picture"
    clockwise = photograph(roll=30)
    assert clockwise[1, 1] > clockwise[0, 1], "the eye on the right sinks"


def test_points_that_coincide_have_no_pose() -> None:
    (pose,) = estimate_poses(np.full((1, 5, 2), 3, np.float32))
    assert (pose.roll, pose.yaw, pose.pitch) == (0, 0, 0)


def test_every_face_has_its_own_pose_in_order() -> None:
    left, right = estimate_poses(np.stack((photograph(yaw=-30), photograph(yaw=20))))
    assert left.yaw < -29
    assert right.yaw > 19
