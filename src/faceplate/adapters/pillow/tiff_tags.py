"""The directory of a TIFF file, which is also what EXIF is made of, read without trusting it.

Source: TIFF 6.0, section 2; BigTIFF design of 2004; EXIF 2.32 for the orientation tag.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from faceplate.adapters.pillow.refusals import corrupt, truncated
from faceplate.domain.errors import InvalidImage

ORIENTATION = 0x0112
_MAX_ENTRIES = 1_000
_VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_BIG_VALUE_BYTES = _VALUE_BYTES | {16: 8, 17: 8, 18: 8}


@dataclass(frozen=True, slots=True)
class Directory:
    """The first directory: first value of whole-number tags, how many values each tag has."""

    values: dict[int, int]
    counts: dict[int, int]


def read_directory(data: bytes | memoryview) -> Directory:
    """Read the first directory of TIFF data.

    Raises:
        InvalidImage: Code ``image_truncated``: the directory lies past the end. ``image_corrupt``:
            there is none, or it claims more than a file of this size can hold, so that readers
            that copy every value would exhaust memory.
    """
    try:
        return _read(data)
    except (struct.error, IndexError) as exc:
        raise truncated() from exc


def _read(data: bytes | memoryview) -> Directory:
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None:
        raise corrupt("it has no directory")
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    position = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
    count = struct.unpack_from(order + ("Q" if big else "H"), data, position)[0]
    position += 8 if big else 2
    if count > _MAX_ENTRIES:
        raise corrupt("its directory is absurdly long")
    entry = struct.Struct(order + ("HHQ8s" if big else "HHI4s"))
    sizes = _BIG_VALUE_BYTES if big else _VALUE_BYTES
    found = Directory({}, {})
    claimed_bytes = 0
    for place in range(count):
        tag, kind, values, inline = entry.unpack_from(data, position + place * entry.size)
        size_bytes = values * sizes.get(kind, 1)
        claimed_bytes += size_bytes
        if claimed_bytes > 2 * len(data) + 4096:
            raise corrupt("its directory claims more data than there is")
        found.counts[tag] = values
        if kind in (3, 4) and values:
            found.values[tag] = _first(data, order, kind, size_bytes, inline)
    return found


def _first(data: bytes | memoryview, order: str, kind: int, size_bytes: int, inline: bytes) -> int:
    form = order + ("H" if kind == 3 else "I")
    if size_bytes <= len(inline):
        return int(struct.unpack_from(form, inline)[0])
    offset = struct.unpack(order + ("Q" if len(inline) == 8 else "I"), inline)[0]
    return int(struct.unpack_from(form, data, offset)[0])


def orientation_of(exif: bytes) -> int:
    """Return the EXIF orientation, 1 to 8; 1 when there is none or the data makes no sense."""
    body = exif.removeprefix(b"Exif\0\0")
    try:
        turn = read_directory(body).values.get(ORIENTATION, 1)
    except InvalidImage:
        return 1  # a broken note about a picture does not spoil the picture
    return turn if 1 <= turn <= 8 else 1
