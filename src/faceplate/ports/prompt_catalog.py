"""The prompt applications that can be run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from faceplate.domain.prompts import PromptApp


@dataclass(frozen=True, slots=True)
class CatalogProblem:
    """Why a file is not in the catalogue; ``line`` is 1-based, 0 when the whole file is meant."""

    file: str
    line: int
    message: str


class PromptCatalog(Protocol):
    """Prompt applications by slug. Safe to call from several threads.

    Files that were added, changed or removed are noticed without a restart. A file with a problem
    is left out and reported; it never takes the others with it.
    """

    def list(self) -> Sequence[PromptApp]:
        """Return every application, by slug."""
        ...

    def get(self, slug: str) -> PromptApp:
        """Return one application. Called for every request, so it is cheap.

        Raises:
            NotFound: Code ``app_not_found``.
        """
        ...

    def problems(self) -> Sequence[CatalogProblem]:
        """Return what is wrong with files that are left out."""
        ...
