"""API keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request
from starlette.responses import Response

from faceplate.domain.keys import ApiKey, KeyKind, KeyScope
from faceplate.http.answers import encode, json_answer
from faceplate.http.bodies import read_body
from faceplate.http.codes import JSON_BODY, STORING
from faceplate.http.dependencies import BackendDep
from faceplate.http.json_bodies import MAX_JSON_BYTES, check
from faceplate.http.openapi import json_body
from faceplate.http.routing import Routes
from faceplate.http.schemas.keys import KeyList, KeyRevoked, NewKey, NewKeyAnswer
from faceplate.http.views import key_item, page

routes = Routes("keys", "Who may call, and how often.")

KeyIdPath = Annotated[str, Path(max_length=128, description="A key_id.")]


@routes.add(
    "GET",
    "/v1/keys",
    "listKeys",
    "List API keys",
    scope=KeyScope.ADMIN,
    answer=KeyList,
    codes=("keys_in_gateway",),
)
async def list_keys(backend: BackendDep) -> Response:
    """All of them, oldest first, revoked ones too; no secret is among them."""
    keys = backend.application.keys

    def read() -> bytes:
        items = [key_item(key, keys.used_today(key.key_id)) for key in keys.list()]
        return encode(page("keys", items, None))

    return json_answer(await backend.workers.read(read))


@routes.add(
    "POST",
    "/v1/keys",
    "createKey",
    "Make an API key",
    scope=KeyScope.ADMIN,
    answer=NewKeyAnswer,
    status=201,
    codes=(*JSON_BODY, *STORING, "keys_in_gateway"),
    body=json_body(NewKey),
)
async def create_key(request: Request, backend: BackendDep) -> Response:
    """Its secret is in this answer and never again."""
    wanted = check(await read_body(request, max_bytes=MAX_JSON_BYTES), NewKey)

    def write() -> bytes:
        key, secret = backend.application.keys.create(
            wanted.name,
            kind=KeyKind(wanted.kind),
            scope=None if wanted.scope is None else KeyScope(wanted.scope),
            collection_prefix=wanted.collection_prefix,
            rate_rps=wanted.rate_rps,
            burst=wanted.burst,
            daily_quota=wanted.daily_quota,
            daily_tokens=wanted.daily_tokens,
        )
        return _new_key(key, secret)

    return json_answer(await backend.workers.read(write), 201)


@routes.add(
    "DELETE",
    "/v1/keys/{key_id}",
    "revokeKey",
    "Revoke an API key",
    scope=KeyScope.ADMIN,
    answer=KeyRevoked,
    codes=("key_not_found", *STORING, "keys_in_gateway"),
)
async def revoke_key(backend: BackendDep, key_id: KeyIdPath) -> Response:
    """From the next request on."""
    keys = backend.application.keys
    await backend.workers.read(lambda: keys.revoke(key_id))
    return json_answer(encode({"key_id": key_id, "revoked": True}))


@routes.add(
    "POST",
    "/v1/keys/{key_id}/rotate",
    "rotateKey",
    "Replace an API key by a new one",
    scope=KeyScope.ADMIN,
    answer=NewKeyAnswer,
    status=201,
    codes=("key_not_found", *STORING, "keys_in_gateway"),
)
async def rotate_key(backend: BackendDep, key_id: KeyIdPath) -> Response:
    """The same name, scope and limits; the old one is revoked in the same call."""
    keys = backend.application.keys

    def write() -> bytes:
        key, secret = keys.rotate(key_id)
        return _new_key(key, secret)

    return json_answer(await backend.workers.read(write), 201)


def _new_key(key: ApiKey, secret: str) -> bytes:
    if key.kind is KeyKind.AWS:
        shown = {"access_key_id": key.key_id, "secret_access_key": secret}
    else:
        shown = {"secret": secret}
    return encode({**key_item(key, 0), **shown})
