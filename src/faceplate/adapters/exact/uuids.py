"""Which UUID is in which row, in 24 to 32 bytes each."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from faceplate.adapters.exact.matrix import Rows

Keys = npt.NDArray[np.uint64]
"""UUIDs as shape (n, 2): the sixteen bytes of each."""

_EMPTY, _REMOVED = -1, -2
_UUID_CHARS = 36
_DASHES = [8, 13, 18, 23]
_NOT_HEX = 255
_NIBBLES = np.full(256, _NOT_HEX, np.uint8)
_NIBBLES[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)
# Multipliers of a mixer in which every bit of the input turns every bit of the output, so that
# counted UUIDs spread as well as random ones. Source: MurmurHash3, fmix64 (public domain).
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_HALF = np.uint64(33)


def pack_uuids(ids: Sequence[str]) -> Keys | None:
    """Pack UUIDs in their usual lower-case form; None when one of the ids is anything else."""
    joined = "".join(ids)
    if not joined:
        return None if ids else np.empty((0, 2), np.uint64)
    if not joined.isascii() or len(joined) != _UUID_CHARS * len(ids):
        return None
    chars = np.frombuffer(joined.encode(), np.uint8).reshape(-1, _UUID_CHARS)
    if any(len(one) != _UUID_CHARS for one in ids) or (chars[:, _DASHES] != ord("-")).any():
        return None
    nibbles = _NIBBLES[np.delete(chars, _DASHES, axis=1)]
    if (nibbles == _NOT_HEX).any():
        return None
    packed = (nibbles[:, 0::2] << 4) | nibbles[:, 1::2]
    return np.ascontiguousarray(packed).view(np.uint64)


class UuidRows:
    """A hash table from UUID to row with open addressing, in numpy arrays."""

    def __init__(self) -> None:
        self._size = 0
        self._keys: Keys = np.empty((64, 2), np.uint64)
        self._table = np.full(256, _EMPTY, np.int32)
        self._used_slots = 0

    def find(self, ids: Sequence[str]) -> Rows:
        """Return the row of each id, -1 for ids that are not there."""
        keys = pack_uuids(ids)
        if keys is None:
            return np.array([self._find_one(one) for one in ids], np.int64)
        return self._look_up(keys)[0]

    def _find_one(self, one: str) -> int:
        key = pack_uuids([one])
        return -1 if key is None else int(self._look_up(key)[0][0])

    def append(self, ids: Sequence[str]) -> None:
        """Give the next rows to UUIDs that are distinct and not there.

        Raises:
            ValueError: Not UUIDs.
        """
        keys = pack_uuids(ids)
        if keys is None:
            raise ValueError("ids must be UUIDs")
        first, self._size = self._size, self._size + len(keys)
        if self._size > len(self._keys):
            grown = np.empty((1 << (self._size - 1).bit_length(), 2), np.uint64)
            grown[:first] = self._keys[:first]
            self._keys = grown
        self._keys[first : self._size] = keys
        if (self._used_slots + len(keys)) * 8 > len(self._table) * 5:
            self._rebuild()
        else:
            self._insert(np.arange(first, self._size))

    def remove(self, rows: Rows, *, holes: Rows, movers: Rows) -> None:
        """Forget the ids of ``rows``; then ids move from the rows ``movers`` to ``holes``."""
        self._table[self._look_up(self._keys[rows])[1]] = _REMOVED
        self._table[self._look_up(self._keys[movers])[1]] = holes
        self._keys[holes] = self._keys[movers]
        self._size -= len(rows)
        if self._size * 8 < len(self._keys):
            self._keys = self._keys[: max(64, self._size * 2)].copy()
            self._rebuild()

    def name(self, rows: Rows) -> list[str]:
        """Return the ids of rows."""
        return [str(uuid.UUID(bytes=key.tobytes())) for key in self._keys[rows]]

    def _slots(self, keys: Keys) -> Rows:
        mixed = keys[:, 0] * _SECOND + keys[:, 1]
        mixed = (mixed ^ (mixed >> _HALF)) * _FIRST
        mixed = (mixed ^ (mixed >> _HALF)) * _SECOND
        slots: Rows = (mixed ^ (mixed >> _HALF)).astype(np.int64) & (len(self._table) - 1)
        return slots

    def _look_up(self, keys: Keys) -> tuple[Rows, Rows]:
        """Return (rows, slots) of keys; the row is -1 and the slot unspecified when missing."""
        rows = np.full(len(keys), -1, np.int64)
        slots = self._slots(keys)
        waiting = np.arange(len(keys))
        while len(waiting):
            entries = self._table[slots[waiting]]
            known = self._keys[np.maximum(entries, 0)] == keys[waiting]
            hit = (entries >= 0) & known[:, 0] & known[:, 1]
            rows[waiting[hit]] = entries[hit]
            waiting = waiting[~hit & (entries != _EMPTY)]
            slots[waiting] = (slots[waiting] + 1) & (len(self._table) - 1)
        return rows, slots

    def _insert(self, rows: Rows) -> None:
        """Enter rows whose keys are distinct and not in the table."""
        slots = self._slots(self._keys[rows])
        waiting = np.arange(len(rows))
        while len(waiting):
            wanted = slots[waiting]
            empty = self._table[wanted] == _EMPTY
            # Of several rows that want one slot, the last is entered and the others move on.
            self._table[wanted[empty]] = rows[waiting[empty]]
            waiting = waiting[self._table[wanted] != rows[waiting]]
            slots[waiting] = (slots[waiting] + 1) & (len(self._table) - 1)
        self._used_slots += len(rows)

    def _rebuild(self) -> None:
        slots = max(256, 1 << (self._size * 2 - 1).bit_length()) if self._size else 256
        self._table = np.full(slots, _EMPTY, np.int32)
        self._used_slots = 0
        self._insert(np.arange(self._size))
