"""What a provider offers beside chats: sent on as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from faceplate.domain.chat_requests import accept_options
from faceplate.domain.errors import InvalidParameter
from faceplate.domain.keys import KeyScope
from faceplate.domain.media_types import is_events, is_json
from faceplate.http.answers import encode, json_answer
from faceplate.http.bodies import read_body
from faceplate.http.codes import EMBEDDED, JSON_BODY, UPSTREAM
from faceplate.http.event_stream import PieceStream
from faceplate.http.hot import Exchange, Handler, HotRoutes
from faceplate.http.json_bodies import decode_object
from faceplate.http.openai_chats import dropped_header, run_of
from faceplate.http.openai_errors import openai_error
from faceplate.http.openai_response_events import response_events
from faceplate.http.openai_response_views import response_of
from faceplate.http.openai_responses import chat_of, in_words_of_responses, unread_in
from faceplate.http.openapi import json_body
from faceplate.http.routes.example_runs import run_whole
from faceplate.http.routes.openai_chat import ABOUT, MAX_CHAT_BYTES
from faceplate.ports import chat as surfaces
from faceplate.ports.chat import ChatBody

routes = HotRoutes("openai", ABOUT, openai_error)

_CODES = (*JSON_BODY, *UPSTREAM, *EMBEDDED, "surface_unsupported", "token_quota_exceeded")
_ANY: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The provider's answer, as it is.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
_SPOKEN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Sound, in the form that was asked for.",
        "content": {"audio/mpeg": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_FORM = {
    "required": True,
    "content": {"multipart/form-data": {"schema": {"type": "object"}}},
}
_FORMS = frozenset({surfaces.TRANSCRIPTIONS, surfaces.TRANSLATIONS})
_PLACES = (
    (surfaces.EMBEDDINGS, "createEmbedding", "Embed texts"),
    (surfaces.MODERATIONS, "createModeration", "Judge texts"),
    (surfaces.IMAGES, "createImage", "Make pictures"),
    (surfaces.SPEECH, "createSpeech", "Speak a text"),
    (surfaces.TRANSCRIPTIONS, "createTranscription", "Write down what is said"),
    (surfaces.TRANSLATIONS, "createTranslation", "Write down in English what is said"),
    (surfaces.RESPONSES, "createResponse", "Answer in the shape of the Responses API"),
)


def _forwarder(surface: str) -> Handler:
    async def forward(exchange: Exchange) -> Response:
        """Sent to the provider as it is; `501` where the configured one does not offer it."""
        exchange.text.surfaces.require(surface)
        body = await read_body(exchange.request, max_bytes=MAX_CHAT_BYTES)
        if surface in _FORMS:
            _require_form(exchange)
            return await _forward(exchange, surface, body, None)
        return await _forward(exchange, surface, body, _object(exchange, body))

    async def respond(exchange: Exchange) -> Response:
        """A `model` that is an application's slug runs it; any other is the provider's."""
        body = await read_body(exchange.request, max_bytes=MAX_CHAT_BYTES)
        asked = _object(exchange, body)
        slug = asked.get("model")
        if isinstance(slug, str) and exchange.text.prompts.has(slug):
            return await _respond(exchange, slug, asked)
        exchange.text.surfaces.require(surface)
        most = exchange.text.completions.limits.max_output_tokens
        accept_options(asked, max_output_tokens=most)
        return await _forward(exchange, surface, body, asked)

    return respond if surface == surfaces.RESPONSES else forward


for _surface, _operation, _summary in _PLACES:
    routes.add(
        "POST",
        f"/v1/{_surface}",
        _operation,
        _summary,
        scope=KeyScope.READ,
        codes=_CODES,
        body=_FORM if _surface in _FORMS else json_body("ForwardedRequest"),
        responses=_SPOKEN if _surface == surfaces.SPEECH else _ANY,
    )(_forwarder(_surface))


@routes.add(
    "POST",
    "/v1/passthrough",
    "passThrough",
    "Send a chat to the provider as it is",
    scope=KeyScope.WRITE,
    codes=_CODES,
    body=json_body("ForwardedRequest"),
    responses=_ANY,
)
async def pass_through(exchange: Exchange) -> Response:
    """No application, no check, nothing left out: the provider judges it. It is counted.

    Under a hard daily limit, name `max_tokens` or `max_completion_tokens`: without one, the most
    that any answer may have is reserved.
    """
    exchange.text.surfaces.require(surfaces.CHAT)
    body = await read_body(exchange.request, max_bytes=MAX_CHAT_BYTES)
    return await _forward(exchange, surfaces.CHAT, body, _object(exchange, body))


async def _respond(exchange: Exchange, slug: str, asked: ChatBody) -> Response:
    """Run an application, and answer in the shape of the Responses API."""
    with in_words_of_responses():
        run, _ = run_of(slug, chat_of(asked))
    dropped = unread_in(asked)
    response_id = f"resp_{exchange.request_id}"
    prompts = exchange.text.prompts
    if asked.get("stream") is True:
        chunks = prompts.stream(
            replace(run, options={**run.options, "stream_options": {"include_usage": True}}),
            key=exchange.key,
            with_result=False,
        )
        events = response_events(asked, response_id, chunks)
        return exchange.stream(events, dropped_header(dropped))
    with in_words_of_responses():
        answer, headers = await run_whole(exchange, run)
    headers.update(dropped_header(dropped))
    return json_answer(encode(response_of(asked, response_id, answer)), headers=headers)


def _content_type(exchange: Exchange) -> str:
    found: str = exchange.request.headers.get("content-type", "application/json")
    return found


async def _forward(
    exchange: Exchange, surface: str, body: bytes, asked: ChatBody | None
) -> Response:
    content_type = _content_type(exchange)
    answer = await exchange.wait(
        exchange.text.surfaces.forward(surface, body, content_type, key=exchange.key, asked=asked)
    )
    if isinstance(answer.body, bytes):
        return Response(answer.body, answer.status, headers={"content-type": answer.content_type})
    if is_events(answer.content_type):
        return exchange.stream(answer.body)
    return PieceStream(
        answer.body,
        status=answer.status,
        content_type=answer.content_type,
        refuse=exchange.refuse,
    )


def _object(exchange: Exchange, body: bytes) -> dict[str, Any]:
    """Decode a body that must be a JSON object."""
    if not is_json(_content_type(exchange)):
        raise InvalidParameter("Send application/json.", parameter="content-type")
    return decode_object(body)


def _require_form(exchange: Exchange) -> None:
    if not _content_type(exchange).lower().startswith("multipart/form-data"):
        raise InvalidParameter("Send multipart/form-data.", parameter="content-type")
