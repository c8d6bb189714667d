"""Keep image bytes and image records in step, whatever happens in between."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

from faceplate.domain.errors import FaceplateError
from faceplate.domain.images import StoredImage
from faceplate.ports.blobs import Blobs
from faceplate.ports.leases import Leases
from faceplate.ports.records import Records

PREFIX = "images/"
SHARED_AGE = timedelta(hours=1)
"""Bytes without a record that are younger may belong to another process's call."""
_KEY_LOCKS = 256


class BlobKeeper:
    """Write bytes before the record that names them, remove them after it is gone.

    Names are digests of (collection, key, content), so that a new picture never overwrites the one
    it replaces. A crash can only leave bytes that no record names; `sweep` removes those. A record
    that is to go lets go of its bytes first and stays until they are gone, so that a deletion that
    failed can be made again and counts what is left.
    Where several processes share the stores, ``leases`` keeps them from one another's pictures.
    """

    def __init__(self, *, blobs: Blobs, records: Records, leases: Leases | None = None) -> None:
        self._blobs = blobs
        self._records = records
        self._leases = leases
        self._guard = threading.Lock()
        self._under_way: dict[str, int] = {}
        self._sweeping = threading.RLock()
        self._key_locks = tuple(threading.Lock() for _ in range(_KEY_LOCKS))

    @property
    def is_alone(self) -> bool:
        """Whether no other process shares the stores."""
        return self._leases is None

    @contextmanager
    def changing(self, collection_id: str, key: str) -> Iterator[None]:
        """Let one writer at a time at a picture, from reading its record to dropping its bytes.

        Without it a deletion could take the bytes that a new picture of the same content has just
        been acknowledged with. Holders must not ask for a second one.

        Raises:
            Busy: Another process does not let go of it (code ``image_busy``).
        """
        with ExitStack() as stack:
            stack.enter_context(self._key_locks[hash((collection_id, key)) % _KEY_LOCKS])
            if self._leases is not None:
                stack.enter_context(self._leases.holding(collection_id, key))
            yield

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
            if not was_there or self._leases is not None:
                # Others sweep by age: bytes that were left over are made new again.
                self._blobs.put(name, data)
            try:
                yield name
            except BaseException:
                if not was_there and not self._may_be_named(collection_id, key, name):
                    self._blobs.delete(name)
                raise
        finally:
            with self._guard:
                self._under_way[name] -= 1
                if not self._under_way[name]:
                    del self._under_way[name]

    @contextmanager
    def naming(self, collection_id: str, name: str) -> Iterator[None]:
        """Let one caller at a time look for somebody of a name and make them.

        Raises:
            Busy: Another process does not let go of the name (code ``image_busy``).
        """
        digest = hashlib.sha256(name.encode()).hexdigest()
        with self.changing(collection_id, f"person-name/{digest}"):
            yield

    def drop(self, name: str | None) -> bool:
        """Remove bytes whose record is gone; tell whether they were there."""
        return name is not None and self._blobs.delete(name)

    def sweep(self, *, kept_before: datetime | None = None) -> int:
        """Remove bytes that no record names and nobody is writing; return how many.

        The order matters: names are listed first, then what is under way, then the records, so
        that bytes which gain their record meanwhile are seen in one of the two. Where others write
        as well, only bytes ``kept_before`` a while ago are looked at; an hour if nobody says.
        """
        if kept_before is None and self._leases is not None:
            kept_before = datetime.now(UTC) - SHARED_AGE
        with self._sweeping:
            names = set(self._blobs.names(PREFIX, kept_before=kept_before))
            with self._guard:
                names -= self._under_way.keys()
            if names:
                names -= set(self._records.blob_names())
            for name in names:
                self._blobs.delete(name)
            return len(names)

    def _may_be_named(self, collection_id: str, key: str, name: str) -> bool:
        """Tell whether a record names these bytes, or nobody can say: then a sweep will tell."""
        try:
            image = self._records.get_image(collection_id, key)
        except FaceplateError:
            return True
        return image is not None and image.blob_name == name


def bytes_of(image: StoredImage) -> str:
    """Return the name of a picture's bytes, also when its record has let go of them."""
    return image.blob_name or blob_name(image.collection_id, image.key, image.sha256)


def blob_name(collection_id: str, key: str, sha256: str) -> str:
    """Derive the blob's name, ``images/ab/abcd…``, 64 hexadecimal digits."""
    digest = hashlib.sha256(f"{collection_id}\0{key}\0{sha256}".encode()).hexdigest()
    return f"{PREFIX}{digest[:2]}/{digest}"
