"""Leases as items of the table, for functions that know nothing of one another."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from faceplate.adapters.aws.records_items import from_moment
from faceplate.adapters.aws.table import DynamoTable
from faceplate.adapters.aws.table_schema import HASH_KEY, RANGE_KEY
from faceplate.adapters.aws.table_steps import CONFLICT
from faceplate.domain.errors import Busy, FaceplateError
from faceplate.ports.runtime import Runtime

PARTITION = "#lease"
IMAGE_BUSY = "image_busy"
LIFETIME = timedelta(minutes=2)
"""Longer than any call that changes a picture may take; one that is frozen meanwhile and goes on
later finds the picture changed when it writes the records."""
_WAIT_S = 5.0
_PAUSE_S = 0.1


class DynamoLeases:
    """Write down who is changing which picture; the writing is conditional, so one wins."""

    def __init__(self, table: DynamoTable, runtime: Runtime, *, wait_s: float = _WAIT_S) -> None:
        self._table = table
        self._runtime = runtime
        self._wait_s = wait_s

    @contextlib.contextmanager
    def holding(
        self, collection_id: str, key: str, *, wait_s: float | None = None
    ) -> Iterator[None]:
        """Hold a picture inside the block; ``wait_s`` in place of what the leases wait.

        Raises:
            Busy: It did not come free (code ``image_busy``).
        """
        place, holder = (PARTITION, f"{collection_id}/{key}"), uuid.uuid4().hex
        self._take(place, holder, self._wait_s if wait_s is None else wait_s)
        try:
            yield
        finally:
            # One that cannot be given back runs out.
            with contextlib.suppress(FaceplateError):
                self._give_back(place, holder)

    def forget_old(self) -> int:
        """Remove the leases of holders that have died; return how many."""
        now = from_moment(self._runtime.now())
        old = [item for item in self._table.query(PARTITION) if item["Until"] <= now]
        for item in old:
            self._table.delete((PARTITION, item[RANGE_KEY]))
        return len(old)

    def _take(self, place: tuple[str, str], holder: str, wait_s: float) -> None:
        deadline = time.monotonic() + wait_s
        while not self._try(place, holder):
            if time.monotonic() >= deadline:
                raise Busy("Somebody else is changing this picture.", code=IMAGE_BUSY)
            time.sleep(_PAUSE_S)

    def _try(self, place: tuple[str, str], holder: str) -> bool:
        now: datetime = self._runtime.now()
        try:
            with self._table.unit():
                found = self._table.get(place)
                if found is not None and found["Until"] > from_moment(now):
                    return False
                self._table.put(
                    {
                        HASH_KEY: place[0],
                        RANGE_KEY: place[1],
                        "Holder": holder,
                        "Until": from_moment(now + LIFETIME),
                    }
                )
        except Busy as exc:
            if exc.code != CONFLICT:
                raise
            return False
        return True

    def _give_back(self, place: tuple[str, str], holder: str) -> None:
        with self._table.unit():
            found = self._table.get(place)
            if found is not None and found["Holder"] == holder:
                self._table.delete(place)
