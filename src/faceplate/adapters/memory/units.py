"""Units of work over `Tables`: a draft that is published whole or thrown away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from faceplate.adapters.memory.tables import Tables
from faceplate.domain.errors import NotFound, StorageFailed


class UnitTables:
    """Hold the published tables and, inside a unit, the draft of the thread that writes."""

    def __init__(self) -> None:
        self._published = Tables()
        self._draft: Tables | None = None
        self._writer: int | None = None
        self._lock = threading.RLock()
        self._closed = False

    @property
    def _tables(self) -> Tables:
        """The tables this thread should see: its own draft inside a unit, else the published."""
        if self._closed:
            raise StorageFailed("The store is closed.", code="storage_closed")
        if self._draft is not None and self._writer == threading.get_ident():
            return self._draft
        return self._published

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Make all writes of this thread inside the block one step: all or, on an error, none."""
        with self._lock:
            before, writer_before = self._draft, self._writer
            self._draft, self._writer = self._tables.copy(), threading.get_ident()
            try:
                yield
            except BaseException:
                self._draft, self._writer = before, writer_before
                raise
            if writer_before is None:
                self._published, self._draft, self._writer = self._draft, None, None

    @contextmanager
    def _write(self) -> Iterator[Tables]:
        with self.unit():
            yield self._tables


def require_collection(tables: Tables, collection_id: str) -> None:
    """Raise `NotFound` unless the collection is there."""
    if collection_id not in tables.collections:
        raise NotFound("There is no such collection.", code="collection_not_found")
