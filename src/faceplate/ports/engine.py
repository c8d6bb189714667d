"""The face engine: pixels in, faces out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from faceplate.domain.faces import Pixels, SeenFace
from faceplate.domain.matching import Calibration


class Engine(Protocol):
    """Find faces, describe them, and make faceprints. Safe to call from several threads."""

    @property
    def model(self) -> str:
        """Name and version of the embedding, as in ``mobilefacenet@1.0``; vectors remember it."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a faceprint."""
        ...

    @property
    def calibration(self) -> Calibration:
        """The curve fitted for this embedding."""
        ...

    @property
    def attributes(self) -> Collection[str]:
        """Optional attributes it can compute: of ``AGE_RANGE`` and ``GENDER``."""
        ...

    def see(
        self, pixels: Pixels, *, embed: bool, attributes: Collection[str] = ()
    ) -> Sequence[SeenFace]:
        """Find every face, largest box first, with a faceprint each when ``embed``.

        Attributes it cannot compute are left out without an error.
        """
        ...

    def embed_only(self, pixels: Pixels, faces: Sequence[SeenFace]) -> Sequence[SeenFace]:
        """Add faceprints to faces that `see` found in the same pixels, in the same order."""
        ...

    def warm_up(self) -> None:
        """Load every model now rather than at the first picture.

        Raises:
            ModelUnavailable, ModelCorrupt: The weights are missing or wrong.
        """
        ...

    def ping(self) -> None:
        """Raise when the engine could not serve the next picture."""
        ...
