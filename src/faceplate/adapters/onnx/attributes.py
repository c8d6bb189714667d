"""Age range and gender, for those who asked for these models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from faceplate.adapters.onnx.alignment import Patch, cut_chips, template_named
from faceplate.adapters.onnx.boxes import Floats
from faceplate.adapters.onnx.embedding import as_input
from faceplate.adapters.onnx.manifest import ModelInput
from faceplate.adapters.onnx.session import Session

AGE_RANGE_MASS = 0.7
"""The age range holds this much of the network's probability: from 15 % to 85 %."""

LEAST_AGE_SPAN = 6
"""Years; the network is not surer than that, whatever it says."""

FACES_AT_ONCE = 32


class _Classifier:
    """Run a network that answers one row of probabilities for each face."""

    def __init__(self, session: Session, contract: ModelInput) -> None:
        self._session = session
        self._contract = contract
        self._template = template_named(contract.template)

    def probabilities(self, patches: Sequence[Patch]) -> Floats:
        """Return shape (n, classes)."""
        parts = []
        for start in range(0, len(patches), FACES_AT_ONCE):
            chips = cut_chips(patches[start : start + FACES_AT_ONCE], self._template)
            (answer,) = self._session.run(as_input(chips, self._contract)).values()
            parts.append(answer.reshape(len(chips), -1))
        return np.concatenate(parts)


class AgeModel:
    """Estimate ages. Class ``n`` of the network stands for the age of ``n`` years."""

    def __init__(self, session: Session, contract: ModelInput) -> None:
        self._classifier = _Classifier(session, contract)

    def ranges(self, patches: Sequence[Patch]) -> list[tuple[int, int]]:
        """Return (lowest, highest) likely age in years for each face."""
        if not patches:
            return []
        return [age_range(row) for row in self._classifier.probabilities(patches)]


class GenderModel:
    """Estimate how a face is perceived. The network's classes are female and male."""

    def __init__(self, session: Session, contract: ModelInput) -> None:
        self._classifier = _Classifier(session, contract)

    def guesses(self, patches: Sequence[Patch]) -> list[tuple[str, float]]:
        """Return (``Female`` or ``Male``, confidence 0 to 100) for each face."""
        if not patches:
            return []
        return [
            ("Female", 100.0 * float(female)) if female >= male else ("Male", 100.0 * float(male))
            for female, male in self._classifier.probabilities(patches)
        ]


def age_range(probabilities: Floats) -> tuple[int, int]:
    """Return the years that hold the middle of a distribution over ages 0, 1, 2 ….

    Args:
        probabilities: Shape (ages,), summing to 1.
    """
    cumulative = np.cumsum(probabilities, dtype=np.float64)
    tail = (1 - AGE_RANGE_MASS) / 2 * cumulative[-1]
    low = int(np.searchsorted(cumulative, tail))
    high = int(np.searchsorted(cumulative, cumulative[-1] - tail))
    missing = LEAST_AGE_SPAN - (high - low)
    if missing > 0:
        low = max(0, low - (missing + 1) // 2)
        high = low + LEAST_AGE_SPAN
    return low, high
