"""Bodies of ``multipart/form-data``, held in memory and bounded."""

from __future__ import annotations

from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from faceplate.domain.errors import InvalidImage

MAX_PARTS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its field, its file name when it has one, and its bytes."""

    field: str
    filename: str | None
    content_type: str
    data: bytes


def parse_multipart(body: bytes, content_type: str) -> list[Part]:
    """Split a body into its parts.

    Raises:
        InvalidImage: Code ``image_encoding_invalid``: no boundary, too many parts, or broken.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not boundary:
        raise _broken("The multipart body names no boundary.")
    collector = _Collector()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": collector.begin,
                "on_header_field": collector.header_field,
                "on_header_value": collector.header_value,
                "on_header_end": collector.header_end,
                "on_part_data": collector.data,
                "on_part_end": collector.end,
                "on_end": collector.finish,
            },
        )
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as exc:
        raise _broken("The multipart body breaks the rules of its format.") from exc
    if not collector.finished:
        raise _broken("The multipart body ends before its last boundary.")
    return [_part(headers, data) for headers, data in collector.parts]


def first_file(parts: list[Part]) -> Part:
    """Return the first part that is a file, else the first that says it is a picture, else any.

    Raises:
        InvalidImage: There is no part.
    """
    if not parts:
        raise _broken("The multipart body has no part.")
    for part in parts:
        if part.filename is not None:
            return part
    return next((part for part in parts if part.content_type.startswith("image/")), parts[0])


class _Collector:
    """Gather what the parser calls out."""

    def __init__(self) -> None:
        self.parts: list[tuple[dict[bytes, bytes], bytes]] = []
        self.finished = False
        self._headers: dict[bytes, bytes] = {}
        self._name = b""
        self._value = b""
        self._pieces: list[bytes] = []

    def begin(self) -> None:
        if len(self.parts) >= MAX_PARTS:
            raise _broken(f"The multipart body has more than {MAX_PARTS} parts.")
        self._headers, self._pieces = {}, []

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._pieces.append(data[start:end])

    def end(self) -> None:
        self.parts.append((self._headers, b"".join(self._pieces)))

    def finish(self) -> None:
        self.finished = True


def _part(headers: dict[bytes, bytes], data: bytes) -> Part:
    _, options = parse_options_header(headers.get(b"content-disposition", b""))
    filename = options.get(b"filename")
    return Part(
        field=options.get(b"name", b"").decode("utf-8", "replace"),
        filename=None if filename is None else filename.decode("utf-8", "replace"),
        content_type=headers.get(b"content-type", b"").decode("latin-1").strip().lower(),
        data=data,
    )


def _broken(message: str) -> InvalidImage:
    return InvalidImage(message, code="image_encoding_invalid")
