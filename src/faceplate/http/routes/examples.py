"""Prompt applications: the catalogue, and running one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.keys import KeyScope
from faceplate.domain.prompts import CATEGORIES
from faceplate.http.answers import encode, json_answer
from faceplate.http.backend import BackendDep
from faceplate.http.bodies import read_body
from faceplate.http.codes import EMBEDDED, JSON_BODY, UPSTREAM
from faceplate.http.event_stream import EventStream
from faceplate.http.hot import Exchange, HotRoutes
from faceplate.http.json_bodies import check
from faceplate.http.openapi import Responses, json_body
from faceplate.http.prompt_views import example_item, example_view, problem_view
from faceplate.http.routing import Routes
from faceplate.http.schemas.examples import (
    ExampleAnswer,
    ExampleList,
    RunAnswer,
    RunRequest,
)
from faceplate.services.prompts import Run

MAX_RUN_BYTES = 4_194_304
"""The longest input and history, every character of it escaped, and some room."""

CACHE_HEADER = "x-faceplate-cache"

routes = Routes("examples", "Prompt applications: every OpenAI example, as an endpoint.")
run_routes = HotRoutes("examples", routes.about)

SlugPath = Annotated[str, Path(max_length=128, description="An application's slug.")]
CategoryQuery = Annotated[
    str | None, Query(description=f"Only this category: {', '.join(CATEGORIES)}.")
]
_SLUG_PARAMETER = {
    "name": "slug",
    "in": "path",
    "required": True,
    "description": "An application's slug.",
    "schema": {"type": "string", "maxLength": 128},
}
_EVENTS: Responses = {
    200: {
        "description": "The answer. With `stream`, OpenAI's chunks; the last before `[DONE]` has "
        "`result`, `checks` and `request_meta_data`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@routes.add(
    "GET",
    "/v1/examples",
    "listExamples",
    "List prompt applications",
    scope=KeyScope.READ,
    answer=ExampleList,
)
async def list_examples(backend: BackendDep, category: CategoryQuery = None) -> Response:
    """By slug. Files that cannot be used are listed as `problems`."""
    prompts = backend.application.text.prompts
    if category is not None and category not in CATEGORIES:
        raise InvalidParameter(
            f"category must be one of {', '.join(CATEGORIES)}.",
            parameter="category",
            details={"rule": "enum"},
        )

    def read() -> bytes:
        apps = [app for app in prompts.list() if category in {None, app.category}]
        return encode(
            {
                "examples": [example_item(app) for app in apps],
                "problems": [problem_view(one) for one in prompts.problems()],
                "next_token": None,
            }
        )

    return json_answer(await backend.workers.read(read))


@routes.add(
    "GET",
    "/v1/examples/{slug}",
    "getExample",
    "Look at a prompt application",
    scope=KeyScope.READ,
    answer=ExampleAnswer,
    codes=("app_not_found",),
)
async def get_example(backend: BackendDep, slug: SlugPath) -> Response:
    """Its parameters, its result schema and a sample input."""
    prompts = backend.application.text.prompts
    return json_answer(await backend.workers.read(lambda: encode(example_view(prompts.get(slug)))))


@run_routes.add(
    "POST",
    "/v1/examples/{slug}",
    "runExample",
    "Run a prompt application",
    scope=KeyScope.READ,
    answer=RunAnswer,
    codes=(
        *JSON_BODY,
        *UPSTREAM,
        *EMBEDDED,
        "app_not_found",
        "input_too_long",
        "result_invalid",
        "token_quota_exceeded",
    ),
    body=json_body(RunRequest),
    responses=_EVENTS,
    parameters=(_SLUG_PARAMETER,),
)
async def run_example(exchange: Exchange) -> Response:
    """Ask the language model with the application's prompt around the input.

    A typed answer that does not fit the result schema is sent back to the model once; if it still
    does not fit, the answer is `502` with the code `result_invalid`.
    """
    asked = check(await read_body(exchange.request, max_bytes=MAX_RUN_BYTES), RunRequest)
    run = _run_of(exchange.request.path_params["slug"], asked)
    prompts = exchange.text.prompts
    if asked.stream:
        prompts.get(run.slug)
        return EventStream(
            prompts.stream(run, key=exchange.key, with_result=True),
            keep_alive_s=exchange.backend.options.keep_alive_s,
            refuse=exchange.refuse,
        )
    answer = await exchange.wait(prompts.run(run, key=exchange.key))
    meta = answer["request_meta_data"]
    meta["request_id"] = exchange.request_id
    return json_answer(encode(answer), headers=cache_header(exchange, cached=meta["cached"]))


def cache_header(exchange: Exchange, *, cached: bool) -> dict[str, str]:
    """Return the header that tells a remembered answer from a fresh one, where any are."""
    if not exchange.text.completions.remembers:
        return {}
    return {CACHE_HEADER: "hit" if cached else "miss"}


def _run_of(slug: str, asked: RunRequest) -> Run:
    """Make a run of a request.

    Raises:
        InvalidParameter: No input, or two histories.
    """
    if asked.messages is not None and asked.chat_history is not None:
        raise InvalidParameter(
            "Send messages or chat_history, not both: they are the same.", parameter="chat_history"
        )
    history = [
        {"role": message.role, "content": message.content}
        for message in asked.messages or asked.chat_history or ()
    ]
    input_text = asked.input_text
    if input_text is None:
        if not history or history[-1]["role"] != "user":
            raise InvalidParameter(
                "Send input_text, or messages that end with one of the user's.",
                parameter="input_text",
                details={"rule": "missing"},
            )
        input_text = history.pop()["content"]
    return Run(
        slug=slug,
        input_text=input_text,
        history=history,
        parameters=asked.parameters,
        typed=asked.result == "typed",
        options=asked.options,
    )
