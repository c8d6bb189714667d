"""Image bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol


class Blobs(Protocol):
    """Keep bytes under names of ``[a-z0-9._/-]``, chosen by the services and never by a caller."""

    def put(self, name: str, data: bytes) -> None:
        """Keep ``data`` durably before returning; a reader sees all of it or nothing.

        Raises:
            StorageFull: No space left; nothing was kept.
        """
        ...

    def get(self, name: str) -> bytes:
        """Return the bytes.

        Raises:
            NotFound: Code ``blob_not_found``.
        """
        ...

    def address(
        self, name: str, *, content_type: str, disposition: str, lifetime: timedelta
    ) -> str | None:
        """Return where a GET has the bytes without a key for some time, under these headers.

        None where bytes are had here alone. Whether there are any is not asked.
        """
        ...

    def delete(self, name: str) -> bool:
        """Remove the bytes; tell whether they were there."""
        ...

    def exists(self, name: str) -> bool:
        """Tell whether the name is kept."""
        ...

    def names(self, prefix: str = "", *, kept_before: datetime | None = None) -> Iterator[str]:
        """List names in no promised order, those put last before a moment when one is given."""
        ...

    def ping(self) -> None:
        """Raise when the next `put` could not work."""
        ...
