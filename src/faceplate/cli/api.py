"""The REST API as the commands use it: paths in, JSON out, problems as errors."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from faceplate.cli.problems import error_from_answer, error_from_event
from faceplate.cli.transport import Answer, Transport
from faceplate.domain.chat_events import chunks_in
from faceplate.domain.errors import InvalidParameter, UpstreamFailed

_PAGE = 1000


class Api:
    """Requests to one API, with the collection that the user named."""

    def __init__(self, transport: Transport, *, collection_id: str | None = None) -> None:
        self.transport = transport
        self._collection_id = collection_id

    async def get(self, path: str, **query: object) -> Any:
        """Read one document."""
        return _document(await self.send("GET", path, query=query))

    async def post(self, path: str, body: object = None, **query: object) -> Any:
        """Post a JSON document and return the answer's."""
        return await self.send_json("POST", path, body, query=query)

    async def delete(self, path: str, **query: object) -> Any:
        """Delete and return the proof."""
        return _document(await self.send("DELETE", path, query=query))

    async def send_json(
        self, method: str, path: str, body: object, *, query: Mapping[str, object] | None = None
    ) -> Any:
        """Send a JSON document and return the answer's."""
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if data else {}
        return _document(await self.send(method, path, query=query, headers=headers, body=data))

    async def send_picture(
        self,
        method: str,
        path: str,
        picture: bytes,
        *,
        metadata: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Any:
        """Send a picture's bytes, with metadata as headers, and return the answer's document."""
        headers = {"content-type": "application/octet-stream", **metadata_headers(metadata or {})}
        return _document(await self.send(method, path, query=query, headers=headers, body=picture))

    async def read(self, method: str, path: str, **how: Any) -> Any:
        """Send a request as `send` does and return the answer's document."""
        return _document(await self.send(method, path, **how))

    async def health(self) -> Any:
        """Return how every part is; a failing one is no error here."""
        return _document(await self.transport.send("GET", "/v1/health", {}, b""))

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Send a request; ``path`` is percent-encoded already.

        Raises:
            FaceplateError: The one that the problem in the answer stands for.
        """
        named = {"collection_id": self._collection_id, **(query or {})}
        pairs = [(name, _text(value)) for name, value in named.items() if value is not None]
        target = f"{path}?{urlencode(pairs)}" if pairs else path
        answer = await self.transport.send(method, target, headers or {}, body)
        if not 200 <= answer.status < 300:
            raise error_from_answer(
                answer.status, answer.body, retry_after=answer.headers.get("retry-after")
            )
        return answer

    async def stream(self, path: str, body: object) -> AsyncGenerator[dict[str, Any], None]:
        """Post a JSON document and yield the JSON of every event of the answer as it comes.

        Closing the generator cancels the request.

        Raises:
            FaceplateError: What the answer, or an event in it, says went wrong.
        """
        opened = await self.transport.open(
            "POST", path, {"content-type": "application/json"}, json.dumps(body).encode()
        )
        async with contextlib.aclosing(opened.pieces) as pieces:
            if not 200 <= opened.status < 300:
                whole = b"".join([piece async for piece in pieces])
                raise error_from_answer(
                    opened.status, whole, retry_after=opened.headers.get("retry-after")
                )
            rest = b""
            async for piece in pieces:
                events, end, rest = (rest + piece).rpartition(b"\n\n")
                for _, document in chunks_in(events + end):
                    if document is None:
                        continue
                    if "error" in document:
                        raise error_from_event(document["error"])
                    yield document

    async def pages(self, path: str, plural: str, **query: object) -> AsyncIterator[dict[str, Any]]:
        """Yield every item of a list, page after page."""
        token: str | None = None
        while True:
            page = await self.get(path, limit=_PAGE, next_token=token, **query)
            for item in page[plural]:
                yield item
            token = page["next_token"]
            if token is None:
                return


def encode_key(key: str) -> str:
    """Percent-encode an image key for a path; its slashes stay, ``.`` and ``..`` survive.

    Raises:
        InvalidParameter: The key is not Unicode text (code ``image_key_invalid``).
    """
    try:
        parts = [quote(part, safe="") for part in key.split("/")]
    except UnicodeEncodeError as exc:
        raise InvalidParameter(
            "The name is not valid Unicode text.", parameter="key", code="image_key_invalid"
        ) from exc
    # Proxies and URL libraries resolve dot segments; encoded they are left alone.
    return "/".join(part.replace(".", "%2E") if part in {".", ".."} else part for part in parts)


def encode_id(value: str) -> str:
    """Percent-encode an id as one path segment."""
    return encode_key(value).replace("/", "%2F")


def metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """Name metadata as headers; values travel as UTF-8 bytes.

    Raises:
        InvalidParameter: A name or a value cannot stand in a header.
    """
    headers = {}
    for name, value in metadata.items():
        plain = name.replace("-", "").replace("_", "").replace(".", "")
        if not (plain.isascii() and plain.isalnum()) or not value.isprintable():
            raise InvalidParameter(
                "Metadata is NAME=VALUE: the name of letters, digits, _ . and -, "
                "the value printable.",
                parameter="metadata",
            )
        headers[f"x-amz-meta-{name.lower()}"] = value
    return headers


def _document(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError as exc:
        raise UpstreamFailed("The answer is not JSON; is this a Faceplate server?") from exc


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
