"""Both modes side by side, behind the same HTTP edge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest

from asgi_client import Client
from build import MAX_IMAGE_BYTES, build_memory_application
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from faceplate.services.application import Application

Result = TypeVar("Result")
KEY = "only-for-tests"


@dataclass(frozen=True)
class Both:
    """The same API twice: everything embedded, and everything on AWS."""

    local: Client
    aws: Client

    def same(self, scenario: Callable[[Client], Result]) -> Result:
        """Play a scenario in both modes; what it returns must be equal."""
        here, there = scenario(self.local), scenario(self.aws)
        assert here == there
        return here


@pytest.fixture
def both(aws_application: Application) -> Iterator[Both]:
    apps, clients = [], []
    options = HttpOptions(max_image_bytes=MAX_IMAGE_BYTES, worker_threads=2)
    for application in (build_memory_application().application, aws_application):
        application.keys.accept("tests", KEY, limited=False)
        app = create_app(application, options)
        apps.append(app)
        clients.append(Client(app, KEY))
    yield Both(*clients)
    for app in apps:
        asyncio.run(app.state.backend.workers.close())
