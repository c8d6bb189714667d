"""From the cosine of two faceprints to a similarity that means something."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceplate.domain.errors import InvalidParameter

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from faceplate.domain.faces import Embedding


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic curve from cosine (-1 to 1) to similarity (0 to 100).

    ``similarity = 100 / (1 + exp(-slope * (cosine - midpoint)))``, fitted for each model so that 80
    stands for a false-accept rate of about 1e-3 and 99 for about 1e-5; docs/reference/accuracy.md
    has the measured rates.
    """

    midpoint: float
    slope: float

    def similarity_pct(self, cosine: float) -> float:
        """Return the similarity, 0 to 100, of two faceprints with this cosine."""
        exponent = -self.slope * (cosine - self.midpoint)
        if exponent > 700:  # math.exp overflows just above 709
            return 0.0
        return 100.0 / (1.0 + math.exp(exponent))

    def min_cosine(self, similarity_pct: float) -> float:
        """Return the least cosine that reaches a similarity; -1 for 0 and below, >1 for 100."""
        if similarity_pct <= 0:
            return -1.0
        if similarity_pct >= 100:
            return self.midpoint + 40.0 / self.slope
        odds = similarity_pct / (100.0 - similarity_pct)
        return self.midpoint + math.log(odds) / self.slope


class Preset(enum.StrEnum):
    """Named thresholds, so that nobody has to guess a number."""

    ALBUM = "album"
    DEFAULT = "default"
    BADGE = "badge"
    HIGH_RISK = "high-risk"


PRESET_MIN_SIMILARITY_PCT: dict[Preset, float] = {
    Preset.ALBUM: 80.0,
    Preset.DEFAULT: 90.0,
    Preset.BADGE: 95.0,
    Preset.HIGH_RISK: 99.0,
}

PRESET_MEANING: dict[Preset, str] = {
    Preset.ALBUM: "Sorting one's own photos; a wrong name is a nuisance.",
    Preset.DEFAULT: "General use: strangers are answered with unknown.",
    Preset.BADGE: "Confirming somebody who says who they are; a person looks at refusals.",
    Preset.HIGH_RISK: "A wrong match can harm. Never the only evidence; a person decides.",
}


def resolve_min_similarity_pct(value: float | str | None) -> float:
    """Turn a number from 0 to 100 or a preset's name into the least similarity that matches.

    Raises:
        InvalidParameter: Not a preset, not a finite number, or outside 0 to 100.
    """
    if value is None:
        return PRESET_MIN_SIMILARITY_PCT[Preset.DEFAULT]
    if isinstance(value, str):
        try:
            return PRESET_MIN_SIMILARITY_PCT[Preset(value)]
        except ValueError:
            pass
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0.0 <= number <= 100.0:
        names = ", ".join(Preset)
        raise InvalidParameter(
            f"min_similarity must be a number from 0 to 100 or one of {names}.",
            parameter="min_similarity",
        )
    return number


def stack(vectors: Sequence[Embedding]) -> npt.NDArray[np.float32]:
    """Return vectors as the rows of one array, shape (count, dimensions), float32."""
    import numpy as np  # noqa: PLC0415 -- as in `normalise`

    return np.stack(list(vectors))


def mean_direction(vectors: Sequence[Embedding]) -> Embedding:
    """Return the mean of vectors, scaled to length 1."""
    import numpy as np  # noqa: PLC0415 -- as in `normalise`

    return normalise(np.mean(list(vectors), axis=0, dtype=np.float32))


def normalise(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scale the last axis to length 1; all-zero rows stay zero."""
    import numpy as np  # noqa: PLC0415 -- where another service compares faces, numpy is not there

    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: npt.NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-12))
    return scaled
