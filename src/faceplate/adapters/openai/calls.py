"""One HTTP call to a provider, with its failures translated."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import aiohttp
import msgspec

from faceplate.adapters.openai.connections import Connections, proxy_for
from faceplate.adapters.openai.errors import Refusal, cut_off, nonsense, timed_out, unreachable
from faceplate.adapters.openai.provider import Provider
from faceplate.domain.errors import FaceplateError, InvalidParameter

JSON = "application/json"
MAX_ANSWER_BYTES = 67_108_864
_MAX_ERROR_BYTES = 65_536
_STALE_S = 1.0
"""A connection that breaks this soon after a request was one the provider had closed already."""


class Refused(Exception):
    """The provider answered with a status of 400 or more."""

    def __init__(self, refusal: Refusal, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.refusal = refusal
        self.headers = headers


class Caller:
    """Send requests to one provider. Every response it hands out must be closed."""

    def __init__(self, provider: Provider, connections: Connections) -> None:
        self._provider = provider
        self._connections = connections
        self._proxy = proxy_for(provider.base_url)
        self._authorization = (
            {} if provider.api_key is None else {"authorization": f"Bearer {provider.api_key}"}
        )
        self._json_headers = {"content-type": JSON, **self._authorization}

    async def send(
        self, method: str, path: str, body: bytes | None, content_type: str, *, left_s: float
    ) -> aiohttp.ClientResponse:
        """Send a request and return its answer once the headers are there.

        Raises:
            Refused: The provider said no.
            UpstreamFailed: It could not be reached, hung, or answered no HTTP.
        """
        provider = self._provider
        headers = self._json_headers
        if content_type != JSON:
            headers = {**self._authorization, "content-type": content_type}
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            response = await self._connections.session().request(
                method,
                provider.url(path),
                data=body,
                headers=headers,
                proxy=self._proxy,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=max(left_s, 0.001),
                    sock_connect=provider.connect_s,
                    sock_read=provider.idle_s,
                ),
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            early = loop.time() - started < _STALE_S
            raise translate(provider.name, exc, early=early) from exc
        if response.status >= 300:
            await self._refuse(response)
        return response

    async def _refuse(self, response: aiohttp.ClientResponse) -> None:
        """Raise what a status above 299 means."""
        try:
            if response.status < 400:
                raise nonsense(self._provider.name, response.status)
            try:
                body = await response.content.read(_MAX_ERROR_BYTES)
            except (aiohttp.ClientError, TimeoutError, OSError):
                body = b""  # the status says enough
            raise Refused(Refusal(response.status, body), response.headers)
        finally:
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    async def read(self, response: aiohttp.ClientResponse) -> bytes:
        """Read a whole answer, of at most 64 MiB, and let go of the connection."""
        try:
            if response.content_length is not None:
                if response.content_length > MAX_ANSWER_BYTES:
                    raise nonsense(self._provider.name, response.status)
                return await response.read()
            pieces, read = [], 0
            async for piece in response.content.iter_any():
                read += len(piece)
                if read > MAX_ANSWER_BYTES:
                    raise nonsense(self._provider.name, response.status)
                pieces.append(piece)
            return b"".join(pieces)
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise translate(self._provider.name, exc) from exc
        finally:
            response.close() if not response.content.at_eof() else response.release()

    async def pieces(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        """Yield an answer as it arrives; closing the generator cuts the connection."""
        try:
            async for piece in response.content.iter_any():
                yield piece
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise translate(self._provider.name, exc) from exc
        finally:
            response.close() if not response.content.at_eof() else response.release()


def translate(provider: str, exc: Exception, *, early: bool = False) -> FaceplateError:
    """Make our error of a failure of the connection; nothing of its text is kept."""
    if isinstance(exc, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
        return unreachable(provider)
    if isinstance(exc, aiohttp.ServerTimeoutError):
        return timed_out(provider, idle=True)
    if isinstance(exc, TimeoutError):
        return timed_out(provider, idle=False)
    if isinstance(exc, aiohttp.ClientResponseError):
        return nonsense(provider, 0)
    return cut_off(provider, early=early)


def encode(body: Mapping[str, Any]) -> bytes:
    """Encode a request.

    Raises:
        InvalidParameter: A text in it is half of a surrogate pair.
    """
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError as exc:
        raise InvalidParameter("A text is not valid Unicode.", parameter="body") from exc


def decode(data: bytes) -> Any:
    """Decode an answer; half surrogate pairs, which some providers send, are let through.

    Raises:
        ValueError: It is not JSON.
    """
    try:
        try:
            return msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return json.loads(data.decode("utf-8", "replace"))
    except RecursionError as exc:
        raise ValueError("nested without end") from exc
