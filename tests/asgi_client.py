"""A small ASGI client that checks every answer against the OpenAPI document."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel

from faceplate.http.schemas.problem import Problem

PROBLEM = "application/problem+json"
Headers = Mapping[str, str] | Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) <= 1, f"{name} came {len(found)} times"
        return found[0] if found else None

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        assert self.header("content-type") == PROBLEM, self.body[:200]
        code: str = self.json()["code"]
        return code


class Client:
    """Call an app with a key; every answer is held against what the app documents."""

    def __init__(self, app: FastAPI, secret: str | None = None, *, document: Any = None) -> None:
        self.app = app
        self.secret = secret
        self._document = document

    def with_secret(self, secret: str | None) -> Client:
        return Client(self.app, secret, document=self._document)

    def get(self, target: str, **how: Any) -> Answer:
        return self.call("GET", target, **how)

    def put(self, target: str, body: bytes = b"", **how: Any) -> Answer:
        return self.call("PUT", target, body, **how)

    def post(self, target: str, body: bytes | dict[str, Any] = b"", **how: Any) -> Answer:
        if isinstance(body, dict):
            how["headers"] = {"content-type": "application/json", **how.get("headers", {})}
            body = json.dumps(body).encode()
        return self.call("POST", target, body, **how)

    def patch(self, target: str, body: dict[str, Any]) -> Answer:
        headers = {"content-type": "application/json"}
        return self.call("PATCH", target, json.dumps(body).encode(), headers=headers)

    def delete(self, target: str) -> Answer:
        return self.call("DELETE", target)

    def call(
        self,
        method: str,
        target: str,
        body: bytes | Iterable[bytes] = b"",
        *,
        headers: Headers | None = None,
        announce: bool = True,
    ) -> Answer:
        """Send one request. An iterable ``body`` is sent in pieces, without a length."""
        pieces = [body] if isinstance(body, bytes) else list(body)
        raw = _raw(headers or {})
        if announce and isinstance(body, bytes) and body:
            raw.append((b"content-length", str(len(body)).encode()))
        if self.secret is not None:
            raw.append((b"x-api-key", self.secret.encode()))
        scope = make_scope(method, target, raw)
        messages = [
            {"type": "http.request", "body": piece, "more_body": position < len(pieces) - 1}
            for position, piece in enumerate(pieces)
        ]
        answer = asyncio.run(exchange(self.app, scope, messages))
        self._check(method, scope["path"], answer)
        return answer

    def _check(self, method: str, path: str, answer: Answer) -> None:
        assert answer.header("x-request-id")
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("access-control-expose-headers")
        kind = answer.header("content-type")
        if kind == PROBLEM and answer.body:
            Problem.model_validate(answer.json())
            assert answer.json()["request_id"] == answer.header("x-request-id")
            assert answer.json()["status"] == answer.status
        route = find_route(self.app, "GET" if method == "HEAD" else method, path)
        if route is None:
            return
        if kind == PROBLEM and answer.body:
            self._check_code(route, method, answer)
        elif kind == "application/json" and answer.body:
            model = model_of(route, answer.status)
            if model is not None:
                model.model_validate_json(answer.body)

    def _check_code(self, route: APIRoute, method: str, answer: Answer) -> None:
        described = route.responses.get(answer.status)
        assert described is not None, f"{method} {route.path_format} does not list {answer.status}"
        schema = described["content"][PROBLEM]["schema"]
        assert answer.code in schema["properties"]["code"]["enum"], (
            f"{method} {route.path_format} does not list {answer.code}"
        )


def make_scope(method: str, target: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    path, _, query = target.partition("?")
    if not any(name == b"host" for name, _ in headers):
        headers = [(b"host", b"testserver"), *headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "root_path": "",
        "query_string": query.encode("ascii"),
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }


async def exchange(
    app: FastAPI, scope: dict[str, Any], messages: Sequence[dict[str, Any]]
) -> Answer:
    """Play a request to the app; after its last message the caller hangs up."""
    waiting = list(messages)
    status, found, body = 0, [], b""

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status, found, body
        if message["type"] == "http.response.start":
            status = message["status"]
            found = [(k.decode().lower(), v.decode("latin-1")) for k, v in message["headers"]]
        else:
            body += message.get("body", b"")

    await app(scope, receive, send)
    return Answer(status, found, body)


def api_routes(app: FastAPI) -> list[APIRoute]:
    return [route for route in app.router.routes if isinstance(route, APIRoute)]


def find_route(app: FastAPI, method: str, path: str) -> APIRoute | None:
    for route in api_routes(app):
        if method in route.methods and route.path_regex.match(path):
            return route
    return None


def model_of(route: APIRoute, status: int) -> type[BaseModel] | None:
    described = route.responses.get(status, {}).get("model")
    if described is None and status == route.status_code:
        described = route.response_model
    return described


def _raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    if isinstance(headers, Mapping):
        return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return list(headers)
