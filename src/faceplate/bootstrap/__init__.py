"""The only place where ports meet adapters.

What is here belongs to the application with everything embedded. It is imported at its first use:
a function on AWS uses none of it, and starts ten times faster without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faceplate.bootstrap.local import (
        KEYS_FILE,
        RECORDS_FILE,
        Adapters,
        assemble,
        build,
        choose_embedding,
        http_options,
        weights,
    )

__all__ = [
    "KEYS_FILE",
    "RECORDS_FILE",
    "Adapters",
    "assemble",
    "build",
    "choose_embedding",
    "http_options",
    "weights",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from faceplate.bootstrap import local

    return getattr(local, name)
