"""Who may use how much of the language models, and who has used what."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from faceplate.domain.errors import QuotaExceeded
from faceplate.domain.keys import ApiKey
from faceplate.ports.runtime import Runtime
from faceplate.ports.usage import Usage, UsageRow


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """Tokens a day for keys that name none of their own; None switches the limit off.

    ``hard`` refuses what would go past the limit; else it is let through and only reported.
    """

    daily_tokens: int | None = None
    hard: bool = True


@dataclass(slots=True)
class Reservation:
    """Tokens set aside for one request; settled exactly once."""

    key_id: str
    app: str
    day: date
    tokens: int
    over_limit: bool = False
    settled: bool = False


@dataclass(slots=True)
class _Account:
    """One key's day."""

    used: int
    reserved: int = 0


class Meter:
    """Reserve tokens before a call and settle them after it.

    Sums are kept in memory and written by `flush`, so no request waits for the disk; the data
    folder belongs to this process alone, so nobody else can spend in between. A power cut loses
    what was not flushed. `reserve` and `settle` belong to one event loop; the others may be
    called from any thread.
    """

    def __init__(self, *, usage: Usage, runtime: Runtime, limits: TokenLimits) -> None:
        self._usage = usage
        self._runtime = runtime
        self._limits = limits
        self._accounts: dict[str, _Account] = {}
        self._day = runtime.now().date()
        self._unwritten: dict[tuple[str, str, date], UsageRow] = {}
        self._guard = threading.Lock()
        self._flushing = threading.Lock()

    def limit_of(self, key: ApiKey) -> int | None:
        """Return how many tokens a day a key may use."""
        return key.daily_tokens if key.daily_tokens is not None else self._limits.daily_tokens

    def is_hard(self, key: ApiKey) -> bool:
        """Tell whether a key has a limit that holds to the token."""
        return self._limits.hard and self.limit_of(key) is not None

    async def reserve(self, key: ApiKey, app: str, tokens: int) -> Reservation:
        """Set tokens aside for one request; fewer than none are none.

        Raises:
            QuotaExceeded: Code ``token_quota_exceeded``: a hard limit leaves less than that.
        """
        day = self._today()
        tokens = max(0, tokens)
        limit = self.limit_of(key)
        if limit is None:
            return Reservation(key.key_id, app, day, tokens)
        account = self._accounts.get(key.key_id)
        if account is None:
            account = await self._open(key.key_id, day)
        left = limit - account.used - account.reserved
        if tokens > left and self._limits.hard:
            self._count_refused(key.key_id, app, day)
            raise QuotaExceeded(
                f"This key may use {limit} tokens a day; {max(left, 0)} are left and this request "
                f"may need {tokens}.",
                code="token_quota_exceeded",
                retry_after_s=_until_midnight_s(self._runtime.now()),
                details={"limit": limit, "left": max(left, 0), "needed": tokens},
            )
        account.reserved += tokens
        return Reservation(key.key_id, app, day, tokens, over_limit=tokens > left)

    def settle(
        self,
        reservation: Reservation,
        *,
        prompt_tokens: int = 0,
        completion_tokens: int = 0,
        failed: bool = False,
        cached: bool = False,
    ) -> None:
        """Replace a reservation by what was really used; a second call changes nothing."""
        if reservation.settled:
            return
        reservation.settled = True
        row = UsageRow(
            key_id=reservation.key_id,
            app=reservation.app,
            day=reservation.day,
            requests=1,
            failures=int(failed),
            cache_hits=int(cached),
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
        )
        account = self._accounts.get(reservation.key_id)
        if account is not None and reservation.day == self._day:
            account.reserved = max(0, account.reserved - reservation.tokens)
            account.used += row.tokens
        self._note(row)

    def flush(self) -> None:
        """Write what was settled since the last time; on an error it is kept for the next."""
        with self._flushing:
            with self._guard:
                rows, self._unwritten = self._unwritten, {}
            if not rows:
                return
            try:
                self._usage.add(list(rows.values()))
            except BaseException:
                for row in rows.values():
                    self._note(row)
                raise

    def read(self, *, first: date, last: date, key_id: str | None = None) -> Sequence[UsageRow]:
        """Return the sums of some days, with everything settled so far in them."""
        self.flush()
        return self._usage.read(first=first, last=last, key_id=key_id)

    def today(self) -> date:
        """Return the day that is being counted (UTC)."""
        return self._runtime.now().date()

    def ping(self) -> None:
        """Raise when usage cannot be kept."""
        self._usage.ping()

    def _today(self) -> date:
        day = self._runtime.now().date()
        if day != self._day:
            self._day = day
            self._accounts.clear()
        return day

    async def _open(self, key_id: str, day: date) -> _Account:
        """Read what a key has used, written or not, the first time it is seen on a day."""

        def read() -> int:
            self.flush()
            return self._usage.tokens_used(key_id, day)

        used = await asyncio.to_thread(read)
        with self._guard:
            unwritten = sum(
                row.tokens
                for (key, _, when), row in self._unwritten.items()
                if key == key_id and when == day
            )
        return self._accounts.setdefault(key_id, _Account(used + unwritten))

    def _count_refused(self, key_id: str, app: str, day: date) -> None:
        self._note(UsageRow(key_id=key_id, app=app, day=day, requests=1, failures=1))

    def _note(self, row: UsageRow) -> None:
        place = row.key_id, row.app, row.day
        with self._guard:
            known = self._unwritten.get(place)
            self._unwritten[place] = row if known is None else known.plus(row)


def _until_midnight_s(now: datetime) -> float:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return max(1.0, (tomorrow - now).total_seconds())
