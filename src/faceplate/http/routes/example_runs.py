"""Running a prompt application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.keys import KeyScope
from faceplate.http.answers import encode, json_answer
from faceplate.http.bodies import read_body
from faceplate.http.codes import EMBEDDED, JSON_BODY, UPSTREAM
from faceplate.http.hot import Exchange, HotRoutes
from faceplate.http.json_bodies import check
from faceplate.http.openapi import Responses, json_body
from faceplate.ports.chat import ChatBody
from faceplate.services.prompts import Run

if TYPE_CHECKING:
    from faceplate.http.schemas.examples import RunRequest

MAX_RUN_BYTES = 4_194_304
"""The longest input and history, every character of it escaped, and some room."""

CACHE_HEADER = "x-faceplate-cache"
TAG = "examples"
ABOUT = "Prompt applications: every OpenAI example, as an endpoint."

routes = HotRoutes(TAG, ABOUT)

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
    "POST",
    "/v1/examples/{slug}",
    "runExample",
    "Run a prompt application",
    scope=KeyScope.READ,
    answer="examples.RunAnswer",
    codes=(
        *JSON_BODY,
        *UPSTREAM,
        *EMBEDDED,
        "app_not_found",
        "input_too_long",
        "result_invalid",
        "token_quota_exceeded",
    ),
    body=json_body("RunRequest"),
    responses=_EVENTS,
    parameters=(_SLUG_PARAMETER,),
)
async def run_example(exchange: Exchange) -> Response:
    """Ask the language model with the application's prompt around the input.

    A typed answer that does not fit the result schema is sent back to the model once; if it still
    does not fit, the answer is `502` with the code `result_invalid`.
    """
    from faceplate.http.schemas.examples import RunRequest  # noqa: PLC0415 -- at the first run

    asked = check(await read_body(exchange.request, max_bytes=MAX_RUN_BYTES), RunRequest)
    run = _run_of(exchange.request.path_params["slug"], asked)
    prompts = exchange.text.prompts
    if asked.stream:
        prompts.get(run.slug)
        return exchange.stream(prompts.stream(run, key=exchange.key, with_result=True))
    answer, headers = await run_whole(exchange, run)
    return json_answer(encode(answer), headers=headers)


async def run_whole(exchange: Exchange, run: Run) -> tuple[ChatBody, dict[str, str]]:
    """Run an application; return its answer, whatever shape it will get, and its headers."""
    answer = await exchange.wait(exchange.text.prompts.run(run, key=exchange.key))
    meta = answer["request_meta_data"]
    meta["request_id"] = exchange.request_id
    return answer, cache_header(exchange, cached=meta["cached"])


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
