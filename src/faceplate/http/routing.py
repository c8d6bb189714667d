"""Routes as a list: each with its scope, its answer and every code it can end with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.convertors import Convertor, register_url_convertor

from faceplate.domain.keys import KeyScope
from faceplate.http.auth import guard
from faceplate.http.codes import KEYED, SERVER
from faceplate.http.openapi import error_responses

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

ALWAYS = ("invalid_parameter", "path_invalid", *SERVER)


class ImageKeyConvertor(Convertor[str]):
    """A path parameter that may hold anything, slashes and line ends as well."""

    regex = r"(?s:.+)"

    def convert(self, value: str) -> str:
        """Take the decoded text as it is."""
        return value

    def to_string(self, value: str) -> str:
        """Give the text back."""
        return value


register_url_convertor("key", ImageKeyConvertor())


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """One operation, as the document and the server both see it."""

    method: str
    path: str
    endpoint: Callable[..., Any]
    operation_id: str
    summary: str
    scope: KeyScope | None
    codes: tuple[str, ...]
    answer: type[BaseModel] | None
    status: int
    body: Mapping[str, Any] | None
    extra_responses: Mapping[int | str, dict[str, Any]]


@dataclass(slots=True)
class Routes:
    """The operations of one noun."""

    tag: str
    about: str
    specs: list[RouteSpec] = field(default_factory=list)
    _made: list[APIRoute] = field(default_factory=list)

    def add(
        self,
        methods: str,
        path: str,
        operation_id: str,
        summary: str,
        *,
        scope: KeyScope | None,
        answer: type[BaseModel] | None = None,
        status: int = 200,
        codes: Iterable[str] = (),
        body: Mapping[str, Any] | None = None,
        responses: Mapping[int | str, dict[str, Any]] | None = None,
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare an operation; several ``methods`` with spaces are operations of their own.

        ``answer`` is the model of the JSON answer; without one, ``responses`` describes it.
        """

        def keep(endpoint: Endpoint) -> Endpoint:
            always = (*ALWAYS, *KEYED) if scope is not None else ALWAYS
            for position, method in enumerate(methods.split()):
                self.specs.append(
                    RouteSpec(
                        method=method,
                        path=path,
                        endpoint=endpoint,
                        operation_id=operation_id + ("" if not position else method.title()),
                        summary=summary,
                        scope=scope,
                        codes=tuple(dict.fromkeys((*codes, *always))),
                        answer=answer,
                        status=status,
                        body=body,
                        extra_responses=dict(responses or {}),
                    )
                )
            return endpoint

        return keep

    def install(self, app: FastAPI) -> None:
        """Add the operations to an app; what they are made of is made once in a process."""
        if not self._made:
            self._made.extend(_make(spec, self.tag) for spec in self.specs)
        app.router.routes.extend(self._made)


def _make(spec: RouteSpec, tag: str) -> APIRoute:
    extra: dict[str, Any] = {
        "security": [] if spec.scope is None else [{"apiKey": []}, {"bearer": []}],
    }
    if spec.scope is not None:
        extra["x-scope"] = spec.scope.value
    if spec.body is not None:
        extra["requestBody"] = dict(spec.body)
    return APIRoute(
        spec.path,
        spec.endpoint,
        methods=[spec.method],
        operation_id=spec.operation_id,
        summary=spec.summary,
        description=_describe(spec.endpoint),
        tags=[tag],
        status_code=spec.status,
        response_model=spec.answer,
        responses={**spec.extra_responses, **error_responses(spec.codes)},
        dependencies=[Depends(guard(spec.scope))],
        openapi_extra=extra,
    )


def _describe(endpoint: Callable[..., Any]) -> str:
    text = re.sub(r"\n {4}", "\n", endpoint.__doc__ or "")
    return text.strip().replace("``", "`")
