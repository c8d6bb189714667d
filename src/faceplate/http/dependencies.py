"""What FastAPI hands to a route."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from faceplate.http.backend import Backend


async def backend_of(request: Request) -> Backend:
    """Return the backend of the app that serves this request."""
    backend: Backend = request.app.state.backend
    return backend


BackendDep = Annotated[Backend, Depends(backend_of)]
