"""The whole service over HTTP, in front of a provider that is also over HTTP."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

import stub_provider
from build import MAX_IMAGE_BYTES, MemoryParts, build_memory_application
from faceplate.domain.keys import KeyScope
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from faceplate.ports.chat import Chat
from faceplate.services.completions import ChatLimits
from faceplate.services.keys import Limits
from live_server import serving
from stub_provider import StubProvider
from text_build import openai_chat, text_parts


@dataclass(frozen=True)
class Service:
    """A running service, its provider, and a client with a key."""

    stub: StubProvider
    parts: MemoryParts
    client: httpx.Client
    secret: str
    url: str

    def run(self, slug: str = "mood", **members: Any) -> httpx.Response:
        """Run an application."""
        return self.client.post(f"/v1/examples/{slug}", json=members)

    def chat(self, **members: Any) -> httpx.Response:
        """Ask for a chat completion."""
        body = {"model": "stub-1", "messages": [{"role": "user", "content": "hello"}], **members}
        return self.client.post("/v1/chat/completions", json=body)

    def stream(self, path: str, **members: Any) -> list[str]:
        """Return the data of every event of a stream."""
        body = {"stream": True, **members}
        with self.client.stream("POST", path, json=body) as answer:
            assert answer.status_code == 200, answer.read()
            return [line[6:] for line in answer.iter_lines() if line.startswith("data: ")]


def texts_in(events: list[str]) -> str:
    """Return what a stream said."""
    found = [json.loads(one) for one in events if one != "[DONE]"]
    return "".join(
        choice["delta"].get("content") or "" for one in found for choice in one.get("choices", ())
    )


@contextlib.contextmanager
def service(
    *,
    chat: Chat | None = None,
    limits: Limits | None = None,
    keep_alive_s: float = 10.0,
    provider: dict[str, Any] | None = None,
    key: dict[str, Any] | None = None,
    limits_of_chat: ChatLimits | None = None,
    **changes: Any,
) -> Iterator[Service]:
    """Run a service in front of a stub; ``changes`` are those of `text_parts`."""
    with stub_provider.running() as stub:
        chosen = chat or openai_chat(**{"base_url": stub.base_url, **(provider or {})})
        parts = build_memory_application(
            text=text_parts(chosen, limits=limits_of_chat or ChatLimits(), **changes), limits=limits
        )
        members: dict[str, Any] = {"scope": KeyScope.ADMIN, **(key or {})}
        secret = parts.application.keys.create("tests", **members)[1]
        options = HttpOptions(
            max_image_bytes=MAX_IMAGE_BYTES, worker_threads=2, keep_alive_s=keep_alive_s
        )
        with (
            serving(create_app(parts.application, options)) as url,
            httpx.Client(
                base_url=url, headers={"authorization": f"Bearer {secret}"}, timeout=20
            ) as client,
        ):
            yield Service(stub, parts, client, secret, url)
