"""Regular expressions of the service model, which are Java's, as Python's."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_END = 0x40000
"""Planes 4 to 16 have no letters, numbers and separators. Source: Unicode 16; tests look at all."""

_PROPERTY = re.compile(r"\\p\{([A-Z])[a-z]?\}")


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    r"""Return a pattern of the model; it has to match the whole text.

    Python has no ``\p{L}``, so such a class is written out as its ranges.
    Cost: the first pattern with such a class takes about 40 ms.
    """
    return re.compile(_PROPERTY.sub(lambda found: _category(found[1]), pattern))


@lru_cache(maxsize=8)
def _category(letter: str) -> str:
    r"""Return the characters of a general category, such as ``L``, as the inside of ``[…]``."""
    return "".join(
        f"\\U{first:08x}-\\U{last:08x}" for first, last in _ranges(letter, _categories())
    )


def _ranges(letter: str, categories: str) -> list[tuple[int, int]]:
    return [(run.start(), run.end() - 1) for run in re.finditer(f"{letter}+", categories)]


@lru_cache(maxsize=1)
def _categories() -> str:
    """Return the first letter of the category of each code point that a class may hold."""
    every = map(chr, range(_END))
    return "".join(unicodedata.category(one)[0] for one in every)
