"""Keeping Pillow's warnings to itself, in any number of threads."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator

_lock = threading.Lock()
_inside: list[warnings.catch_warnings[None]] = []
_depth = [0]


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Ignore what Pillow warns about inside the block.

    Python's own filter list belongs to the process, and two threads that save and restore it by
    turns can lose it; so the first one in saves it and the last one out restores it.
    """
    with _lock:
        if not _depth[0]:
            catcher = warnings.catch_warnings()
            catcher.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
            _inside.append(catcher)
        _depth[0] += 1
    try:
        yield
    finally:
        with _lock:
            _depth[0] -= 1
            if not _depth[0]:
                _inside.pop().__exit__(None, None, None)
