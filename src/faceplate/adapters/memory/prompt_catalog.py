"""Prompt applications in a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from faceplate.domain.errors import NotFound
from faceplate.domain.prompts import PromptApp
from faceplate.ports.prompt_catalog import CatalogProblem


class MemoryPromptCatalog:
    """Offer the applications it is given; they can be changed while it is in use."""

    def __init__(self, apps: Iterable[PromptApp] = ()) -> None:
        self.apps = {app.slug: app for app in apps}

    def list(self) -> Sequence[PromptApp]:
        """Return every application, by slug."""
        return [self.apps[slug] for slug in sorted(self.apps)]

    def get(self, slug: str) -> PromptApp:
        """Return one application.

        Raises:
            NotFound: Code ``app_not_found``.
        """
        found = self.apps.get(slug)
        if found is None:
            raise NotFound("There is no such application.", code="app_not_found")
        return found

    def problems(self) -> Sequence[CatalogProblem]:
        """Return nothing: what is given in code is well formed."""
        return ()
