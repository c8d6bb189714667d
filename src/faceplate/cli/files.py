"""Files the commands write: whole or not at all, and never over another one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from faceplate.domain.errors import Conflict, InvalidInput


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` and put it in place when the block succeeds.

    Raises:
        Conflict: ``path`` exists (code ``file_exists``).
        InvalidInput: It cannot be written (code ``file_unwritable``).
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        if path.exists():
            raise Conflict(f"{path} exists already.", code="file_exists")
        yield partial
        partial.rename(path)
    except OSError as exc:
        raise InvalidInput(
            f"{path} cannot be written: {exc.strerror}.", code="file_unwritable"
        ) from exc
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_new_file(path: Path, data: bytes) -> None:
    """Write a file that does not exist yet; errors as `new_file`."""
    with new_file(path) as partial:
        partial.write_bytes(data)
