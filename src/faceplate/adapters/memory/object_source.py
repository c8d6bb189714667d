"""Objects of buckets in a dictionary."""

from __future__ import annotations

from collections.abc import Mapping

from faceplate.domain.errors import ImageTooLarge, NotFound


class MemoryObjectSource:
    """Give out objects it was made with; each is a list of its versions, oldest first.

    Versions are named ``v1``, ``v2`` ….
    """

    def __init__(self, objects: Mapping[tuple[str, str], list[bytes]]) -> None:
        self._objects = objects

    def read(self, bucket: str, name: str, *, version: str | None, max_bytes: int) -> bytes:
        """Return an object's bytes; see the port."""
        versions = self._objects.get((bucket, name), [])
        named = {f"v{number}": data for number, data in enumerate(versions, start=1)}
        found = named.get(version or f"v{len(versions)}")
        if found is None:
            raise NotFound("There is no such object.", code="s3_object_unavailable")
        if len(found) > max_bytes:
            raise ImageTooLarge(
                f"The object has {len(found)} bytes; at most {max_bytes} are allowed.",
                details={"size_bytes": len(found), "max_bytes": max_bytes},
            )
        return found
