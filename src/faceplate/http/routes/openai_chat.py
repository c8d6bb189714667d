"""OpenAI's chats and models; an application's slug is a model."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from faceplate.domain.errors import NotFound
from faceplate.domain.keys import KeyScope
from faceplate.http.answers import encode, json_answer
from faceplate.http.codes import EMBEDDED, JSON_BODY, UPSTREAM
from faceplate.http.hot import Exchange, HotRoutes
from faceplate.http.openai_chats import dropped_header, run_of
from faceplate.http.openai_errors import openai_error
from faceplate.http.openapi import Responses, json_body
from faceplate.http.prompt_views import model_item
from faceplate.http.routes.example_runs import cache_header, run_whole
from faceplate.ports.chat import CHAT, ChatBody

MAX_CHAT_BYTES = 33_554_432
"""Room for pictures in messages."""

ABOUT = "The OpenAI-compatible surface. Query parameters are ignored."

routes = HotRoutes("openai", ABOUT, openai_error)

_EVENTS: Responses = {
    200: {
        "description": "The answer. With `stream`, OpenAI's chunks.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
_MODEL_PARAMETER = {
    "name": "model",
    "in": "path",
    "required": True,
    "description": "A slug or a model of the provider.",
    "schema": {"type": "string"},
}


@routes.add(
    "POST",
    "/v1/chat/completions",
    "createChatCompletion",
    "Answer a chat",
    scope=KeyScope.READ,
    answer="openai.ChatAnswer",
    codes=(
        *JSON_BODY,
        *UPSTREAM,
        *EMBEDDED,
        "input_too_long",
        "result_invalid",
        "token_quota_exceeded",
    ),
    body=json_body("ChatRequest"),
    responses=_EVENTS,
)
async def create_chat_completion(exchange: Exchange) -> Response:
    """A `model` that is an application's slug runs that application.

    Its messages may have the roles user and assistant only. Any other model is the provider's.
    """
    body = await exchange.read_json(MAX_CHAT_BYTES)
    slug = body.get("model")
    if isinstance(slug, str) and exchange.text.prompts.has(slug):
        return await _run(exchange, slug, body)
    return await _answer(exchange, body)


async def _run(exchange: Exchange, slug: str, body: ChatBody) -> Response:
    run, dropped = run_of(slug, body)
    prompts = exchange.text.prompts
    if body.get("stream") is True:
        events = prompts.stream(run, key=exchange.key, with_result=False)
        return exchange.stream(events, dropped_header(dropped))
    answer, headers = await run_whole(exchange, run)
    return json_answer(encode(answer), headers={**headers, **dropped_header(dropped)})


async def _answer(exchange: Exchange, body: ChatBody) -> Response:
    completions = exchange.text.completions
    if body.get("stream") is True:
        return exchange.stream(completions.stream(body, key=exchange.key, app=CHAT))
    done = await exchange.wait(completions.complete(body, key=exchange.key, app=CHAT))
    meta = done.answer.pop("request_meta_data", None) or {}
    headers = cache_header(exchange, cached=done.cached)
    if "provider" in meta:
        headers["x-faceplate-provider"] = meta["provider"]
    headers.update(dropped_header(meta.get("dropped_parameters") or ()))
    return json_answer(encode(done.answer), headers=headers)


@routes.add(
    "GET",
    "/v1/models",
    "listModels",
    "List models",
    scope=KeyScope.READ,
    answer="openai.ModelList",
)
async def list_models(exchange: Exchange) -> Response:
    """Applications first, then the provider's, as far as it answers."""
    return json_answer(encode({"object": "list", "data": await _models(exchange)}))


@routes.add(
    "GET",
    "/v1/models/{model:path}",
    "getModel",
    "Look at a model",
    scope=KeyScope.READ,
    answer="openai.ModelItem",
    codes=("model_not_found",),
    parameters=(_MODEL_PARAMETER,),
)
async def get_model(exchange: Exchange) -> Response:
    """An application or a model of the provider."""
    wanted = exchange.request.path_params["model"]
    for model in await _models(exchange):
        if model.get("id") == wanted:
            return json_answer(encode(model))
    raise NotFound("There is no such model.", code="model_not_found")


async def _models(exchange: Exchange) -> list[dict[str, Any]]:
    apps = [model_item(app) for app in exchange.text.prompts.list()]
    theirs = await exchange.wait(exchange.text.models.list())
    return [*apps, *(dict(model) for model in theirs)]
