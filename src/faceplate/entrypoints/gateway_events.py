"""API Gateway's REST proxy events as ASGI requests, and answers as what it expects back.

Source: the proxy integration's input and output formats in Amazon API Gateway's developer guide.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes, urlencode

MAX_ANSWER_BYTES = 6_291_556
"""What an answer may have once it is JSON. Source: Lambda's quota for synchronous payloads."""

ENVELOPE_BYTES = 16_384
"""Room for status and headers beside the body."""

_TEXT_TYPES = ("text/", "application/json", "application/problem+json", "image/svg+xml")
_UNREADABLE = "The event's {} is not what API Gateway sends."


class NotAGatewayEvent(ValueError):
    """The event is of another service, or broken; its message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class GatewayRequest:
    """One request: its ASGI scope, its body, and the id of the key that the gateway checked."""

    scope: dict[str, Any]
    body: bytes
    key_id: str | None


def read_event(event: object) -> GatewayRequest:
    """Turn an event of a REST API's proxy integration into a request.

    The stage, or the base path of a custom domain, becomes the ``root_path``, so that routes are
    the same behind either.

    The request has the gateway's id, unless the caller gave it one.

    Raises:
        NotAGatewayEvent: It is no such event.
    """
    if not isinstance(event, dict):
        raise NotAGatewayEvent("The event is not an object.")
    method, path, context = event.get("httpMethod"), event.get("path"), event.get("requestContext")
    if not (isinstance(method, str) and isinstance(path, str) and isinstance(context, dict)):
        raise NotAGatewayEvent("The event has no httpMethod, path and requestContext.")
    body = _body(event)
    headers = _headers(event)
    request_id = context.get("requestId")
    if isinstance(request_id, str) and request_id.isascii():
        # Last, so that a caller's own stands; so the two logs of a request have one id.
        headers.append((b"x-request-id", request_id.encode("ascii")))
    raw_path = quote(path, safe="/%:@!$&'()*+,;=~-._").encode("ascii")
    root_path, route_path = _split_path(event, path, context)
    identity = _table(context, "identity")
    client = identity.get("sourceIp")
    host = next((value.decode("latin-1") for name, value in headers if name == b"host"), "")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method.upper(),
        "scheme": "https",
        "path": root_path + route_path,
        "raw_path": raw_path,
        "root_path": root_path,
        "query_string": _query(event),
        "headers": headers,
        "client": (client, 0) if isinstance(client, str) else None,
        "server": (host, 443),
        "state": {},
    }
    key_id = identity.get("apiKeyId")
    return GatewayRequest(scope, body, key_id if isinstance(key_id, str) and key_id else None)


def write_answer(
    status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> dict[str, Any] | None:
    """Return an answer as the proxy integration expects it; None when it is past Lambda's limit.

    Text goes as text; everything else as base64, which the gateway turns back.
    """
    many: dict[str, list[str]] = {}
    for name, value in headers:
        many.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    text = _as_text(body, many)
    length = 4 * ((len(body) + 2) // 3) if text is None else _escaped_bytes(text)
    if length > MAX_ANSWER_BYTES - ENVELOPE_BYTES:
        return None
    return {
        "statusCode": status,
        "multiValueHeaders": many,
        "body": base64.b64encode(body).decode("ascii") if text is None else text,
        "isBase64Encoded": text is None,
    }


def _body(event: Mapping[str, Any]) -> bytes:
    found = event.get("body")
    if found is None:
        return b""
    if not isinstance(found, str):
        raise NotAGatewayEvent(_UNREADABLE.format("body"))
    if event.get("isBase64Encoded") is not True:
        return found.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(found, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise NotAGatewayEvent(_UNREADABLE.format("body")) from exc


def _headers(event: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    many = event.get("multiValueHeaders") or {
        name: [value] for name, value in _table(event, "headers").items()
    }
    if not isinstance(many, dict):
        raise NotAGatewayEvent(_UNREADABLE.format("multiValueHeaders"))
    return [
        (name.lower().encode("latin-1", "replace"), str(value).encode("utf-8", "surrogatepass"))
        for name, values in many.items()
        for value in (values if isinstance(values, list) else [values])
        if value is not None
    ]


def _query(event: Mapping[str, Any]) -> bytes:
    """Encode the query again: the gateway hands it over decoded, and out of order."""
    many = event.get("multiValueQueryStringParameters") or {
        name: [value] for name, value in _table(event, "queryStringParameters").items()
    }
    if not isinstance(many, dict):
        raise NotAGatewayEvent(_UNREADABLE.format("multiValueQueryStringParameters"))
    pairs = [
        (name, "" if value is None else str(value))
        for name, values in many.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    return urlencode(pairs, errors="surrogatepass").encode("ascii")


def _split_path(event: Mapping[str, Any], path: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Return what lies before the API's own paths, and the path that the routes know.

    The gateway's resource with its parameters filled in is the end of the path; what is before it
    is the base path of a custom domain. Without one, the stage is what clients see before it.
    """
    decoded = unquote_to_bytes(path).decode("utf-8", "surrogateescape")
    resource = event.get("resource")
    filled = unquote(resource) if isinstance(resource, str) else ""
    for name, value in _table(event, "pathParameters").items():
        plain = unquote_to_bytes(str(value)).decode("utf-8", "surrogateescape")
        for braces in (f"{{{name}+}}", f"{{{name}}}"):
            filled = filled.replace(braces, plain, 1)
    bare = decoded.rstrip("/") if not filled.endswith("/") else decoded
    if filled and filled != "/" and bare.endswith(filled) and bare != filled:
        cut = len(bare) - len(filled)
        return decoded[:cut], decoded[cut:]
    stage, seen = context.get("stage"), context.get("path")
    if isinstance(stage, str) and seen == f"/{stage}{path}":
        return f"/{stage}", decoded
    return "", decoded


def _as_text(body: bytes, headers: Mapping[str, list[str]]) -> str | None:
    kind = next(iter(headers.get("content-type", ())), "")
    if "content-encoding" in headers or not kind.startswith(_TEXT_TYPES):
        return None if body else ""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _escaped_bytes(text: str) -> int:
    """Return how long a text is as JSON at most: what is escaped may be six times as long."""
    if len(text) < MAX_ANSWER_BYTES // 6 - ENVELOPE_BYTES:
        return len(text)
    # Text beyond ASCII is escaped by the runtime's client.
    return sum(len(piece) for piece in _escaped(text))


def _escaped(text: str) -> list[str]:
    from json import dumps  # noqa: PLC0415 -- only for answers near the limit

    return [dumps(text)]


def _table(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = parent.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise NotAGatewayEvent(_UNREADABLE.format(name))
    return found
