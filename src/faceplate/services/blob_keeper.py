"""Keep image bytes and image records in step, whatever happens in between."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from faceplate.ports.blobs import Blobs
from faceplate.ports.records import Records

PREFIX = "images/"
_KEY_LOCKS = 256


class BlobKeeper:
    """Write bytes before the record that names them, remove them after it is gone.

    Names are digests of (collection, key, content), so that a new picture never overwrites the one
    it replaces. A crash can only leave bytes that no record names; `sweep` removes those.
    """

    def __init__(self, *, blobs: Blobs, records: Records) -> None:
        self._blobs = blobs
        self._records = records
        self._guard = threading.Lock()
        self._under_way: dict[str, int] = {}
        self._sweeping = threading.RLock()
        self._key_locks = tuple(threading.Lock() for _ in range(_KEY_LOCKS))

    def changing(self, collection_id: str, key: str) -> AbstractContextManager[object]:
        """Let one writer at a time at a picture, from reading its record to dropping its bytes.

        Without it a deletion could take the bytes that a new picture of the same content has just
        been acknowledged with. Holders must not ask for a second one.
        """
        return self._key_locks[hash((collection_id, key)) % _KEY_LOCKS]

    @contextmanager
    def nobody_changing(self) -> Iterator[None]:
        """Keep every writer and every other sweep out, once those under way have ended."""
        with ExitStack() as stack:
            stack.enter_context(self._sweeping)
            for lock in self._key_locks:
                stack.enter_context(lock)
            yield

    @contextmanager
    def keeping(self, collection_id: str, key: str, sha256: str, data: bytes) -> Iterator[str]:
        """Put the bytes and yield their name; take them back when the block fails."""
        name = blob_name(collection_id, key, sha256)
        with self._guard:
            self._under_way[name] = self._under_way.get(name, 0) + 1
        try:
            was_there = self._blobs.exists(name)
            if not was_there:
                self._blobs.put(name, data)
            try:
                yield name
            except BaseException:
                if not was_there:
                    self._blobs.delete(name)
                raise
        finally:
            with self._guard:
                self._under_way[name] -= 1
                if not self._under_way[name]:
                    del self._under_way[name]

    def drop(self, name: str | None) -> bool:
        """Remove bytes whose record is gone; tell whether they were there."""
        return name is not None and self._blobs.delete(name)

    def sweep(self) -> int:
        """Remove bytes that no record names and nobody is writing; return how many.

        The order matters: names are listed first, then what is under way, then the records, so
        that bytes which gain their record meanwhile are seen in one of the two.
        """
        with self._sweeping:
            names = set(self._blobs.names(PREFIX))
            with self._guard:
                names -= self._under_way.keys()
            if names:
                names -= set(self._records.blob_names())
            for name in names:
                self._blobs.delete(name)
            return len(names)


def blob_name(collection_id: str, key: str, sha256: str) -> str:
    """Derive the blob's name, ``images/ab/abcd…``, 64 hexadecimal digits."""
    digest = hashlib.sha256(f"{collection_id}\0{key}\0{sha256}".encode()).hexdigest()
    return f"{PREFIX}{digest[:2]}/{digest}"
