"""Answers where no route is, in the shape that whoever asks there expects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from faceplate.domain.errors import InvalidInput, NotFound
from faceplate.http.errors import problem, unexpected
from faceplate.http.facts import facts_of
from faceplate.http.openai_errors import openai_error

if TYPE_CHECKING:
    from fastapi import FastAPI

_OPENAIS = re.compile(
    r"/v1/(assistants|audio|batches|chat|completions|containers|conversations|edits|embeddings"
    r"|engines|evals|files|fine[-_]tun(es|ing)|images/(edits|generations|variations)|models"
    r"|moderations|organization|realtime|responses|threads|vector_stores|videos)(/|\Z)"
)
"""OpenAI's paths, ours or not; ``/v1/images`` and ``/v1/uploads`` are Faceplate's own."""


def install(app: FastAPI) -> None:
    """Answer for paths and methods that no route takes."""
    app.add_exception_handler(HTTPException, _answer)


async def _answer(request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    request_id = facts_of(request.scope).request_id
    shape = openai_error if _OPENAIS.match(request.scope["path"]) else problem
    if status == 404:
        missing = NotFound("There is no such route.", code="route_not_found")
        return shape(missing, request_id, None)
    if status == 405:
        allowed = _allowed(request)
        error = InvalidInput(f"This route takes {allowed}.", code="method_not_allowed")
        return shape(error, request_id, {"allow": allowed})
    return unexpected(exc, request_id)


def _allowed(request: Request) -> str:
    methods: set[str] = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods | {"OPTIONS"}))
