"""What was used of language models, by key, application and day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Protocol


class UsageRow(NamedTuple):
    """What one key used of one application on one day (UTC).

    ``app`` is a slug, or the surface (``chat/completions`` …) where no application was named.
    ``requests`` counts all, ``failures`` those among them that ended in an error, ``cache_hits``
    those that no model was asked for.
    """

    key_id: str
    app: str
    day: date
    requests: int = 0
    failures: int = 0
    cache_hits: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Both kinds of tokens."""
        return self.prompt_tokens + self.completion_tokens

    def plus(self, other: UsageRow) -> UsageRow:
        """Return the sum of two rows of the same key, application and day."""
        return UsageRow(
            self.key_id,
            self.app,
            self.day,
            self.requests + other.requests,
            self.failures + other.failures,
            self.cache_hits + other.cache_hits,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


class Usage(Protocol):
    """Keep sums of usage. Safe to call from several threads."""

    def add(self, rows: Sequence[UsageRow]) -> None:
        """Add the numbers of each row to what is kept for its key, application and day.

        All rows or, on an error, none.
        """
        ...

    def read(self, *, first: date, last: date, key_id: str | None = None) -> Sequence[UsageRow]:
        """Return the sums of the days from ``first`` to ``last``, by day, key and application."""
        ...

    def tokens_used(self, key_id: str, day: date) -> int:
        """Return how many tokens a key used on a day."""
        ...

    def ping(self) -> None:
        """Raise when usage cannot be kept."""
        ...
