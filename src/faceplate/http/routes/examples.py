"""Prompt applications: the catalogue, and running one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from faceplate.domain.errors import InvalidParameter
from faceplate.domain.keys import KeyScope
from faceplate.domain.prompts import CATEGORIES
from faceplate.http.answers import encode, json_answer
from faceplate.http.dependencies import BackendDep
from faceplate.http.prompt_views import example_item, example_view, problem_view
from faceplate.http.routes.example_runs import ABOUT, TAG
from faceplate.http.routing import Routes
from faceplate.http.schemas.examples import ExampleAnswer, ExampleList

routes = Routes(TAG, ABOUT)

SlugPath = Annotated[str, Path(max_length=128, description="An application's slug.")]
CategoryQuery = Annotated[
    Annotated[str, WithJsonSchema({"type": "string", "enum": list(CATEGORIES)})] | None,
    Query(description="Only this category."),
]


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
