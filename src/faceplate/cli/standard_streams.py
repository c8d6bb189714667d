"""Standard output and error that are closed, full or gone: noticed, and no reason for a crash."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO


class WatchedOutput:
    """A stream that remembers in ``trouble`` why it could not be written."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.trouble: OSError | None = None

    def write(self, text: str) -> int:
        """Write as the stream does."""
        with self._noting():
            return self._stream.write(text)

    def flush(self) -> None:
        """Flush as the stream does."""
        with self._noting():
            self._stream.flush()

    def finish(self) -> OSError | None:
        """Write what is still held back; return what kept any of the output from being written.

        After trouble the rest goes nowhere; else it would fail again at the very end.
        """
        with contextlib.suppress(OSError):
            self.flush()
        if self.trouble is not None:
            silence(self._stream)
        return self.trouble

    def __getattr__(self, name: str) -> Any:
        """Be the stream in everything else."""
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            self.trouble = self.trouble or exc
            raise


class _Closed(io.StringIO):
    """Stand for a standard output that was closed before we began."""

    def write(self, _text: str) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def watch_output() -> WatchedOutput:
    """Watch standard output from here on.

    What is closed is replaced, so that no file or connection of ours is opened in its place.
    """
    closed = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    if closed:
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(number)
    if "stdout" in closed:
        sys.stdout = _Closed()
    if "stderr" in closed:
        sys.stderr = io.StringIO()
    watched = WatchedOutput(sys.stdout)
    sys.stdout = watched
    return watched


def silence(stream: TextIO) -> None:
    """Let what a stream writes, and still holds, go nowhere."""
    with contextlib.suppress(OSError):
        number = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(number, stream.fileno())
        finally:
            os.close(number)
