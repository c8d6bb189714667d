"""What the routes work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from faceplate.http.metrics import Metrics
from faceplate.http.options import HttpOptions
from faceplate.http.workers import Workers
from faceplate.services.application import Application
from faceplate.services.enrolment import Enrolment


@dataclass(frozen=True, slots=True)
class Backend:
    """The use cases, and the edge's own machinery."""

    application: Application
    enrolment: Enrolment
    options: HttpOptions
    workers: Workers
    metrics: Metrics


async def backend_of(request: Request) -> Backend:
    """Return the backend of the app that serves this request."""
    backend: Backend = request.app.state.backend
    return backend


BackendDep = Annotated[Backend, Depends(backend_of)]
