"""Faceprints: a network's answer to the cut-out face, averaged over a few ways to cut it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from faceplate.adapters.onnx.alignment import Patch, Template, cut_chips, enlarged, template_named
from faceplate.adapters.onnx.boxes import Floats
from faceplate.adapters.onnx.manifest import ModelInput
from faceplate.adapters.onnx.session import Session, Tensor, with_mirror_images
from faceplate.domain.faces import Embedding, Pixels
from faceplate.domain.matching import normalise

CHIPS_AT_ONCE = 8
"""Bounds memory; a larger batch is no quicker on one core."""

FAST_SIZES = (1.0,)
ACCURATE_SIZES = (0.95, 1.05)
"""Sizes of the face in a chip, against the template's; each is also mirrored."""


class Embedder:
    """Turn faces into vectors of length 1 that are alike for the same person."""

    def __init__(self, session: Session, contract: ModelInput, sizes: Sequence[float]) -> None:
        self._session = session
        self._contract = contract
        upright = template_named(contract.template)
        self._templates: list[Template] = [enlarged(upright, factor) for factor in sizes]

    def embed(self, patches: Sequence[Patch]) -> list[Embedding]:
        """Return a faceprint for each face, shape (dimensions,)."""
        if not patches:
            return []
        chips = [chip for template in self._templates for chip in cut_chips(patches, template)]
        prints = normalise(np.concatenate(self._run(chips)))
        views = prints.reshape(len(self._templates), len(patches), -1)
        return list(normalise(views.sum(axis=0)))

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
