"""JPEG: the header read here, the pixels decoded by libjpeg-turbo, nothing guessed.

Source: ITU-T T.81 annex B for the markers; Adobe technical note 5116 for APP14.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from faceplate.adapters.pillow.refusals import corrupt, truncated, unsupported
from faceplate.domain.faces import Pixels

_START_OF_SCAN = 0xDA
_APP0, _APP1, _APP14, _APP15 = 0xE0, 0xE1, 0xEE, 0xEF
_COMMENT = 0xFE
_PROGRESSIVE = 0xC2
_FRAMES = (0xC0, 0xC1, _PROGRESSIVE)
"""Start-of-frame markers of baseline, extended and progressive Huffman coding."""
_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
_ALONE = (0x01, 0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7)
_MAX_SEGMENTS = 2_000

_MAX_SCANS = 100
_MAX_PASSES_PIXELS = 1_500_000_000
"""Real progressive JPEGs have about ten scans, and each is a pass over the whole picture."""

_HARMLESS = ("extraneous bytes", "Adobe color transform", "Invalid SOS parameters")
"""Faults of libjpeg's list that cameras and editors make and that cost no pixel."""


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What stands before the first scan. Sizes as stored, before the EXIF turn.

    ``essential`` is the same picture without notes: what is needed to decode it and no more.
    """

    width_px: int
    height_px: int
    components: int
    progressive: bool
    exif: bytes
    essential: bytes


class ScanDamaged(Exception):
    """libjpeg met a fault that may or may not matter."""


def read_header(data: bytes) -> JpegHeader:
    """Walk the segments up to the first scan.

    Raises:
        InvalidImage: Cut off, contradictory, or a kind of JPEG that is not read.
    """
    frame, progressive, exif = None, False, b""
    kept = [data[:2]]
    for marker, start, end in _segments(data):
        segment = data[start + 4 : end]
        if marker in _OTHER_FRAMES:
            raise unsupported("This kind of JPEG (lossless or arithmetic coded) is not read.")
        if marker in _FRAMES:
            frame, progressive = _read_frame(segment, frame), marker == _PROGRESSIVE
        elif marker == _APP1 and not exif and segment.startswith(b"Exif\0\0"):
            exif = segment
        if marker == _START_OF_SCAN:
            kept.append(data[start:])
        elif marker in (_APP0, _APP14) or not _is_note(marker):
            kept.append(data[start:end])
    if frame is None:
        raise corrupt("it has no frame header")
    return JpegHeader(*frame, progressive=progressive, exif=exif, essential=b"".join(kept))


def _is_note(marker: int) -> bool:
    return _APP0 <= marker <= _APP15 or marker == _COMMENT


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of every segment up to the header of the first scan."""
    position = 2
    for _ in range(_MAX_SEGMENTS):
        while data[position : position + 2] == b"\xff\xff":  # padding
            position += 1
        if position + 4 > len(data):
            raise truncated()
        if data[position] != 0xFF:
            raise corrupt("a marker is missing")
        marker = data[position + 1]
        if marker in _ALONE:
            position += 2
            continue
        end = position + 2 + struct.unpack_from(">H", data, position + 2)[0]
        if end < position + 4:
            raise corrupt("a segment makes no sense")
        if end > len(data):
            raise truncated()
        yield marker, position, end
        if marker == _START_OF_SCAN:
            return
        position = end
    raise corrupt("it has absurdly many segments")


def _read_frame(segment: bytes, earlier: tuple[int, int, int] | None) -> tuple[int, int, int]:
    """Return width, height and the number of components."""
    if earlier is not None or len(segment) < 6:
        raise corrupt("its frame header makes no sense")
    bits, height_px, width_px, components = struct.unpack_from(">BHHB", segment)
    if bits != 8:
        raise unsupported(f"JPEG pictures of {bits} bits a channel are not read.")
    if components not in (1, 3, 4) or not width_px or not height_px:
        raise corrupt("its frame header makes no sense")
    return width_px, height_px, components


def decode_jpeg(header: JpegHeader) -> Pixels:
    """Decode to RGB as stored, before the EXIF turn; the header must have been checked.

    Raises:
        InvalidImage: Cut off or damaged.
        ScanDamaged: A fault that may be harmless; the caller tries a decoder that can tell.
    """
    import simplejpeg  # noqa: PLC0415 -- not installed where `plain` is used

    scans = header.essential.count(b"\xff\xda")
    passes_pixels = scans * header.width_px * header.height_px * header.progressive
    if scans > _MAX_SCANS or passes_pixels > _MAX_PASSES_PIXELS:
        raise corrupt("it has absurdly many scans")
    try:
        height_px, width_px, _, _ = simplejpeg.decode_jpeg_header(header.essential, strict=True)
        if (width_px, height_px) != (header.width_px, header.height_px):
            raise corrupt("its headers contradict each other")
        pixels: Pixels = simplejpeg.decode_jpeg(header.essential, "RGB", strict=True)
    except ValueError as exc:
        raise _translate(str(exc)) from exc
    return pixels


def _translate(text: str) -> Exception:
    """Sort libjpeg's complaint; its text goes no further."""
    if any(part in text for part in _HARMLESS):
        return ScanDamaged()
    if "remature end" in text:
        return truncated()
    return corrupt()
