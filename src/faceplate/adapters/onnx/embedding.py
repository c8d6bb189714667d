"""Faceprints: a network's answer to the cut-out face, averaged over a few ways to cut it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from faceplate.adapters.onnx.alignment import Patch, Template, template_named, turned
from faceplate.adapters.onnx.boxes import Floats
from faceplate.adapters.onnx.manifest import ModelInput
from faceplate.adapters.onnx.session import Session, Tensor, with_mirror_images
from faceplate.domain.faces import Embedding, Pixels
from faceplate.domain.matching import normalise

CHIPS_AT_ONCE = 16
"""Bounds memory; beyond it a batch is no quicker on one core."""

ACCURATE_TURNS = (0.0, 4.0)
"""Degrees the face is turned by in the accurate mode, each also mirrored."""

FAST_TURNS = (0.0,)


class Embedder:
    """Turn faces into vectors of length 1 that are alike for the same person."""

    def __init__(self, session: Session, contract: ModelInput, turns: Sequence[float]) -> None:
        self._session = session
        self._contract = contract
        upright = template_named(contract.template)
        self._templates: list[Template] = [
            turned(upright, degrees) if degrees else upright for degrees in turns
        ]

    def embed(self, patches: Sequence[Patch]) -> list[Embedding]:
        """Return a faceprint for each face, shape (dimensions,)."""
        if not patches:
            return []
        chips = [patch.chip(template) for patch in patches for template in self._templates]
        prints = normalise(np.concatenate(self._run(chips)))
        per_face = prints.reshape(len(patches), -1, prints.shape[-1]).sum(axis=1)
        return list(normalise(per_face.astype(np.float32)))

    def _run(self, chips: Sequence[Pixels]) -> list[Tensor]:
        """Return for each chip the network's answer to it and to its mirror image, summed."""
        parts = []
        step = CHIPS_AT_ONCE // 2
        for start in range(0, len(chips), step):
            batch = as_input(chips[start : start + step], self._contract)
            (answer,) = self._session.run(with_mirror_images(batch)).values()
            prints = normalise(answer.reshape(2 * len(batch), -1))
            parts.append(prints[: len(batch)] + prints[len(batch) :])
        return parts


def as_input(chips: Sequence[Pixels], contract: ModelInput) -> Tensor:
    """Return chips as a network takes them: (n, 3, side, side), ``(pixel - mean) / scale``."""
    blob: Floats = cv2.dnn.blobFromImages(
        list(chips),
        scalefactor=1 / contract.scale,
        mean=contract.mean,
        swapRB=contract.channels == "BGR",
    )
    return blob
