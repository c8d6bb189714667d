"""What providers refused of applications' schemas: asked for more loosely, for a while."""

from __future__ import annotations

from faceplate.ports.runtime import Runtime

_KEPT_S = 3600.0
"""A provider's one hiccup is not for ever."""


class SchemaRefusals:
    """Remember how loosely each application's own schema has to be asked for."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._known: dict[str, tuple[int, float]] = {}

    def looseness(self, slug: str) -> int:
        """Return how loosely to ask: 0 where nothing was refused lately."""
        known = self._known.get(slug)
        if known is None:
            return 0
        looseness, until_s = known
        if self._runtime.monotonic_s() > until_s:
            self._known.pop(slug, None)
            return 0
        return looseness

    def learn(self, slug: str, looseness: int) -> None:
        """Ask at least so loosely for the next hour."""
        if looseness > self.looseness(slug):
            self._known[slug] = (looseness, self._runtime.monotonic_s() + _KEPT_S)
