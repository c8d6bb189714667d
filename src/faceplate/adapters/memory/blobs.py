"""Bytes in a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from faceplate.domain.blobs import require_blob_name
from faceplate.domain.errors import NotFound


class MemoryBlobs:
    """Keep bytes until the process ends."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._put_at: dict[str, datetime] = {}

    def put(self, name: str, data: bytes) -> None:
        """Keep a copy of ``data``."""
        self._kept[require_blob_name(name)] = bytes(data)
        self._put_at[name] = datetime.now(UTC)

    def get(self, name: str) -> bytes:
        """Return the bytes.

        Raises:
            NotFound: Code ``blob_not_found``.
        """
        try:
            return self._kept[require_blob_name(name)]
        except KeyError as exc:
            raise NotFound("There are no such bytes.", code="blob_not_found") from exc

    def address(
        self,
        name: str,  # noqa: ARG002 - the port's signature
        *,
        content_type: str,  # noqa: ARG002
        disposition: str,  # noqa: ARG002
        lifetime: timedelta,  # noqa: ARG002
    ) -> str | None:
        """Know of none: bytes are had here alone."""
        return None

    def delete(self, name: str) -> bool:
        """Remove the bytes; tell whether they were there."""
        return self._kept.pop(require_blob_name(name), None) is not None

    def exists(self, name: str) -> bool:
        """Tell whether the name is kept."""
        return require_blob_name(name) in self._kept

    def names(self, prefix: str = "", *, kept_before: datetime | None = None) -> Iterator[str]:
        """List the names there are now, those put last before a moment when one is given."""
        names = [name for name in list(self._kept) if name.startswith(prefix)]
        if kept_before is not None:
            names = [name for name in names if self._put_at[name] < kept_before]
        return iter(names)

    def ping(self) -> None:
        """Do nothing: memory is there while the process is."""
