"""The REST API of a server, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from faceplate.cli.transport import Answer
from faceplate.domain.errors import Misconfigured, UpstreamFailed

if TYPE_CHECKING:
    import aiohttp

_CONNECT_TIMEOUT_S = 10.0
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
        """Send one request; redirects are not followed, so that the key goes nowhere else."""
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
        address = URL(self._url + target, encoded=True)
        try:
            async with self._session.request(
                method,
                address,
                data=body or None,
                headers={**self._headers, "content-type": "application/octet-stream", **headers},
                allow_redirects=False,
            ) as response:
                names = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, names, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as exc:
            raise UpstreamFailed(
                f"No server answers at {self._url}.", code="server_unreachable"
            ) from exc

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
