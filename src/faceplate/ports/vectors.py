"""The searchable set of faceprints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from faceplate.domain.faces import Embedding

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Vectors(Protocol):
    """Nearest faceprints by cosine, exact, in named spaces. Safe to call from several threads.

    A space springs into being with its first vector and is forgotten with its last. Ids are unique
    within a space. A reader sees each change whole or not at all.
    """

    def replace(
        self,
        space: str,
        *,
        remove: Sequence[str] = (),
        add_ids: Sequence[str] = (),
        add_vectors: npt.NDArray[np.float32] | None = None,
    ) -> None:
        """Take ids out and put vectors in, as one change.

        Args:
            space: The space to change.
            remove: Ids to take out; those not there are ignored.
            add_ids: Ids of the new vectors; one that is there already gets the new vector.
            add_vectors: Shape (len(add_ids), dimensions), float32, rows of length 1.
        """
        ...

    def nearest(
        self, space: str, query: Embedding, *, limit: int, min_cosine: float
    ) -> Sequence[tuple[str, float]]:
        """Return up to ``limit`` ids with cosine at least ``min_cosine``, best first.

        Ties are broken by id. An unknown space is an empty one.
        """
        ...

    def get(self, space: str, item_id: str) -> Embedding | None:
        """Return a copy of one vector."""
        ...

    def count(self, space: str) -> int:
        """Return how many vectors the space holds."""
        ...

    def drop(self, space: str) -> None:
        """Forget a space and free its memory."""
        ...
