"""One pool of connections for every provider."""

from __future__ import annotations

import asyncio
import urllib.request
from urllib.parse import urlsplit

import aiohttp

from faceplate import __version__

_KEEP_ALIVE_S = 60.0
_DNS_KEPT_S = 60


class Connections:
    """A lazily opened aiohttp session, shared by all providers of a process.

    It belongs to the event loop of its first use; from another loop (tests, one-shot commands) it
    is opened anew. The number of connections is not bounded: what may run at once is decided
    before a call gets here. Without ``reuse`` every call has a connection of its own, for a server
    so near that connecting costs nothing, and that closes connections without a word.
    """

    def __init__(self, *, reuse: bool = True) -> None:
        self._reuse = reuse
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def session(self) -> aiohttp.ClientSession:
        """Return the session of the running loop."""
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"user-agent": f"faceplate/{__version__}"},
                auto_decompress=True,
            )
            self._loop = loop
        return self._session

    def _connector(self) -> aiohttp.TCPConnector:
        if not self._reuse:
            return aiohttp.TCPConnector(limit=0, force_close=True)
        return aiohttp.TCPConnector(
            limit=0, keepalive_timeout=_KEEP_ALIVE_S, ttl_dns_cache=_DNS_KEPT_S
        )

    async def close(self) -> None:
        """Close what is open; calling it twice is fine."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment sets for an address; none for this machine.

    Asked once for each provider: asking at every call would read the environment every time.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1":
        return None
    if urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(parts.scheme)
