"""Image bodies: raw, base64 text, data URL, multipart or JSON, and which of these one is."""

from __future__ import annotations

import binascii
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from faceplate.domain.errors import ImageTooLarge, InvalidImage, InvalidParameter
from faceplate.domain.media_types import is_json
from faceplate.http.facts import facts_of
from faceplate.http.json_bodies import decode_json
from faceplate.http.middleware import body_too_large

_WHITESPACE = b" \t\r\n\f\v"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TEXT = bytes(range(0x20, 0x7F)) + _WHITESPACE
_MAGIC = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"II*\x00",  # TIFF, little-endian
    b"MM\x00*",  # TIFF, big-endian
)
_FRAMING_BYTES = 65_536
"""Room for multipart boundaries and headers, or JSON around the picture."""


@dataclass(frozen=True, slots=True)
class RawBody:
    """A body as it arrived, to be taken apart away from the event loop."""

    data: bytes
    content_type: str
    max_image_bytes: int

    def picture(self) -> bytes:
        """Return the bytes of the one picture of the body.

        Raises:
            InvalidImage: Empty, or text or multipart that breaks its rules.
            ImageTooLarge: The picture is past the limit.
        """
        if not self.data:
            raise InvalidImage("The body is empty; it must be a picture.", code="image_empty")
        if _is_multipart(self.content_type):
            # 25 ms that a server which gets raw pictures never needs.
            from faceplate.http.multipart import first_file, parse_multipart  # noqa: PLC0415

            found = first_file(parse_multipart(self.data, self.content_type))
            return self._checked(decode_picture(found.data))
        if is_json(self.content_type):
            return self._checked(self._members("image")[0])
        return self._checked(decode_picture(self.data))

    def pictures(self, *names: str) -> list[bytes]:
        """Return the bytes of several pictures, by the names of their parts or members."""
        if _is_multipart(self.content_type):
            from faceplate.http.multipart import parse_multipart  # noqa: PLC0415 -- as above

            parts = {
                part.field: part.data for part in parse_multipart(self.data, self.content_type)
            }
            for name in names:
                if name not in parts:
                    raise _missing(name)
            return [self._checked(decode_picture(parts[name])) for name in names]
        if is_json(self.content_type):
            return [self._checked(data) for data in self._members(*names)]
        raise InvalidParameter(
            f"Send multipart/form-data or JSON with {' and '.join(names)}.",
            parameter="content-type",
        )

    def _members(self, *names: str) -> list[bytes]:
        body = decode_json(self.data)
        if not isinstance(body, dict):
            raise _missing(names[0])
        unknown = sorted(set(body) - set(names))
        if unknown:
            raise InvalidParameter(
                f"The body may only have {', '.join(names)}.",
                parameter=str(unknown[0])[:64],
                details={"rule": "extra_forbidden"},
            )
        pictures = []
        for name in names:
            text = body.get(name)
            if text is None:
                raise _missing(name)
            if not isinstance(text, str):
                raise InvalidParameter(f"{name} must be base64 text or a data URL.", parameter=name)
            pictures.append(decode_text(text.encode("utf-8", "surrogatepass")))
        return pictures

    def _checked(self, data: bytes) -> bytes:
        if not data:
            raise InvalidImage("The picture is empty.", code="image_empty")
        if len(data) > self.max_image_bytes:
            raise _image_too_large(self.max_image_bytes)
        return data


def longest_body_bytes(max_image_bytes: int, pictures: int = 1) -> int:
    """Return how long a body may be that carries pictures of the largest size as base64."""
    with_line_ends = max_image_bytes * 4 // 3 + max_image_bytes // 24
    return with_line_ends * pictures + _FRAMING_BYTES


async def read_image_body(request: Request, *, max_image_bytes: int, pictures: int = 1) -> RawBody:
    """Read the body of a request, and stop at the limit.

    A body that begins like a picture is held to the picture's own limit; any other may be longer
    by what its encoding adds.

    Raises:
        ImageTooLarge: It is longer, or says so.
    """
    content_type = request.headers.get("content-type", "")
    limit = longest_body_bytes(max_image_bytes, pictures)
    if not (_is_multipart(content_type) or is_json(content_type)):
        data = await _read(request, limit, raw_limit=max_image_bytes)
    else:
        data = await _read(request, limit, raw_limit=limit)
    return RawBody(data, content_type, max_image_bytes)


async def read_body(request: Request, *, max_bytes: int) -> bytes:
    """Read the body of a request that carries no picture, and stop at the limit."""
    require_identity(request)
    if _announces_more(request, max_bytes):
        raise body_too_large(max_bytes)
    pieces, read, more = [], 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        read += len(piece)
        if read > max_bytes:
            raise body_too_large(max_bytes)
        pieces.append(piece)
        more = message.get("more_body", False)
    facts_of(request.scope).body_bytes = read
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def require_identity(request: Request) -> None:
    """Refuse compressed bodies: pictures do not shrink, and a small body may hide a huge one."""
    encoding = _header(request, b"content-encoding")
    if encoding is not None and encoding.strip().lower() != b"identity":
        raise InvalidParameter(
            "Send the body without Content-Encoding.",
            parameter="content-encoding",
            code="content_encoding_unsupported",
        )


def decode_picture(data: bytes) -> bytes:
    """Return a picture's bytes from raw bytes or from text that encodes them.

    Bytes that are neither a known picture nor text are passed on: the decoder judges them.

    Raises:
        InvalidImage: Text that is not base64 (code ``image_encoding_invalid``).
    """
    if looks_like_picture(data) or data.translate(None, _TEXT):
        return data
    return decode_text(data)


def looks_like_picture(data: bytes) -> bool:
    """Tell whether bytes begin like a picture file."""
    return (
        data.startswith(_MAGIC)
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or data[4:8] == b"ftyp"  # AVIF and HEIC
    )


def decode_text(text: bytes) -> bytes:
    """Decode base64, standard or URL-safe, padded or not, with or without ``data:…;base64,``."""
    text = text.strip()
    if text[:5].lower() == b"data:":
        head, comma, text = text.partition(b",")
        if not comma or not head.lower().rstrip().endswith(b";base64"):
            raise _not_base64("The data URL is not base64.")
    compact = text.translate(_TO_STANDARD, _WHITESPACE)
    bare = compact.rstrip(b"=")
    padding = len(compact) - len(bare)
    if bare.translate(None, _BASE64) or len(bare) % 4 == 1 or padding > 2:
        raise _not_base64("The text is not base64.")
    if padding and (len(bare) + padding) % 4:
        raise _not_base64("The base64 text has the wrong padding.")
    return binascii.a2b_base64(bare + b"=" * (-len(bare) % 4))


async def _read(request: Request, limit: int, *, raw_limit: int) -> bytes:
    require_identity(request)
    too_large = _image_too_large(raw_limit) if raw_limit < limit else body_too_large(limit)
    if _announces_more(request, limit):
        raise too_large
    pieces: list[bytes] = []
    read = 0
    async for piece in request.stream():
        if not read and piece and looks_like_picture(piece):
            limit = raw_limit
            if _announces_more(request, limit):
                raise too_large
        read += len(piece)
        if read > limit:
            raise too_large
        pieces.append(piece)
    facts_of(request.scope).body_bytes = read
    return b"".join(pieces)


def _announces_more(request: Request, limit: int) -> bool:
    announced = _header(request, b"content-length")
    return announced is not None and announced.isdigit() and int(announced[:20]) > limit


def _header(request: Request, name: bytes) -> bytes | None:
    """Return the first value of a header, without decoding all of them."""
    for known, value in request.scope["headers"]:
        if known == name:
            found: bytes = value
            return found
    return None


def _is_multipart(content_type: str) -> bool:
    return content_type.lower().lstrip().startswith("multipart/")


def _image_too_large(max_image_bytes: int) -> ImageTooLarge:
    return ImageTooLarge(
        f"The picture may have at most {max_image_bytes} bytes.",
        details={"max_bytes": max_image_bytes},
    )


def _missing(name: str) -> InvalidParameter:
    return InvalidParameter(
        f"The picture {name} is missing.", parameter=name, details={"rule": "missing"}
    )


def _not_base64(message: str) -> InvalidImage:
    return InvalidImage(message, code="image_encoding_invalid")
