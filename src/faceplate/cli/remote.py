"""The REST API of a server, over HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from faceplate.cli.transport import Answer, OpenAnswer
from faceplate.domain.errors import Misconfigured, UpstreamFailed

if TYPE_CHECKING:
    import aiohttp

_CONNECT_TIMEOUT_S = 10.0
_ELSEWHERE = 307
_SILENCE_TIMEOUT_S = 600.0
"""A backup of a large folder says nothing until it is done."""


class RemoteTransport:
    """Speak HTTP to a server."""

    def __init__(
        self, url: str, *, secret: str | None, concurrency: int, use_proxy: bool = False
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Misconfigured(
                "The server's address must look like http://host:port.", code="url_invalid"
            )
        self._url = url.rstrip("/")
        self._headers = {"x-api-key": secret} if secret else {}
        self._concurrency = concurrency
        self._use_proxy = use_proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def concurrency(self) -> int:
        """As many as the caller chose."""
        return self._concurrency

    @property
    def place(self) -> str:
        """The server's address."""
        return self._url

    async def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Send one request; as `open`."""
        opened = await self.open(method, target, headers, body)
        async with contextlib.aclosing(opened.pieces) as pieces:
            whole = b"".join([piece async for piece in pieces])
        return Answer(opened.status, opened.headers, whole)

    async def open(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> OpenAnswer:
        """Send one request and return once the answer has begun.

        A redirect is followed once and without the key, which goes nowhere else: large pictures on
        AWS are had from the bucket.
        """
        import aiohttp
        from yarl import URL

        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=_CONNECT_TIMEOUT_S, sock_read=_SILENCE_TIMEOUT_S
                ),
                connector=aiohttp.TCPConnector(limit=self._concurrency),
                trust_env=self._use_proxy,
                auto_decompress=True,
            )
        try:
            response = await self._session.request(
                method,
                URL(self._url + target, encoded=True),
                data=body or None,
                headers={**self._headers, "content-type": "application/octet-stream", **headers},
                allow_redirects=False,
            )
            if response.status == _ELSEWHERE and method == "GET":
                response.release()
                elsewhere = URL(response.headers["location"], encoded=True)
                response = await self._session.get(elsewhere, allow_redirects=False)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError) as exc:
            raise self._unreachable() from exc
        names = {name.lower(): value for name, value in response.headers.items()}
        return OpenAnswer(response.status, names, self._pieces(response))

    async def _pieces(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        import aiohttp

        try:
            async for piece in response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as exc:
            raise self._unreachable() from exc
        finally:
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    def _unreachable(self) -> UpstreamFailed:
        return UpstreamFailed(f"No server answers at {self._url}.", code="server_unreachable")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
