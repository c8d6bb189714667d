"""What was used of language models."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from faceplate.http.schemas.base import Answer, NextToken


class UsageItem(Answer):
    """One key, application and day (UTC)."""

    day: date
    key_id: str
    app: str = Field(description="A slug, or the surface where no application was named.")
    requests: int
    failures: int
    cache_hits: int
    prompt_tokens: int
    completion_tokens: int


class UsageTotals(Answer):
    """Sums over all rows."""

    requests: int
    failures: int
    cache_hits: int
    prompt_tokens: int
    completion_tokens: int


class UsageAnswer(Answer):
    """Usage by day, key and application. A key without admin rights sees its own alone."""

    usage: list[UsageItem]
    totals: UsageTotals
    daily_tokens: int | None = Field(description="The caller's tokens a day; null: no limit.")
    tokens_used_today: int
    next_token: NextToken
