"""An app over an application in memory, and a client that may do everything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from asgi_client import Client
from build import MAX_IMAGE_BYTES, MemoryParts, build_memory_application
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions


@pytest.fixture
def options() -> HttpOptions:
    return HttpOptions(max_image_bytes=MAX_IMAGE_BYTES, worker_threads=2)


@pytest.fixture
def parts() -> MemoryParts:
    return build_memory_application()


@pytest.fixture
def app(parts: MemoryParts, options: HttpOptions) -> Iterator[FastAPI]:
    app = create_app(parts.application, options)
    workers = app.state.backend.workers
    yield app
    asyncio.run(workers.close())


@pytest.fixture
def client(parts: MemoryParts, app: FastAPI) -> Client:
    secret = parts.application.keys.create("tests")[1]
    return Client(app, secret)
