"""A real browser, and what a page of the console may never do in it."""

from __future__ import annotations

import contextlib
import importlib.resources
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    expect,
    sync_playwright,
)

import stub_provider
from cli_running import Process
from faceplate.adapters.checks.checks import DeterministicChecker
from faceplate.adapters.json_schema.schemas import JsonSchemas
from faceplate.adapters.toml_catalog.prompt_catalog import TomlPromptCatalog
from faceplate.services.text_parts import TextParts
from served import require_weights
from stub_provider import Behaviour, Seen, StubProvider, Wire
from text_build import openai_chat, text_parts

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
WAIT_MS = 15_000
KEY = "console-tests-key-0123456789"


def chromium_path() -> str:
    """Return the browser, or skip and say why."""
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    pytest.skip(f"no browser: none of {', '.join(NAMES)} is on PATH")


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    """Run a browser. While it runs, this thread counts as inside an event loop."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """What a context's pages did that they must not: it has to stay empty."""

    origin: str
    expected: str | None = None
    wrong: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Refuse and note every request to elsewhere, and note every error."""
        context.route("**/*", self._judge)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.wrong.append(f"thrown: {error.error}"))

    def _judge(self, route: Route) -> None:
        if route.request.url.startswith((f"{self.origin}/", "blob:", "data:")):
            route.fallback()
        else:
            self.wrong.append(f"asked elsewhere: {route.request.url}")
            route.abort()

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser itself notes every answer that is not 2xx; those are what tests are about.
        refused = message.text.startswith("Failed to load resource")
        if self.expected and re.search(self.expected, message.text):
            return
        if message.type in {"error", "warning"} and not refused:
            self.wrong.append(f"{message.type}: {message.text}")


@contextlib.contextmanager
def browsing(
    browser: Browser,
    origin: str,
    *,
    width: int = 1440,
    theme: str = "light",
    expected: str | None = None,
    **changes: Any,
) -> Iterator[Page]:
    """Open a page of a server in a profile of its own; fails when it did what it must not.

    ``expected`` are words of the browser's own about what it refused, as a pattern.
    """
    watch = Watch(origin, expected)
    context = browser.new_context(
        viewport={"width": width, "height": 900 if width > 600 else 812},
        color_scheme=theme,
        base_url=origin,
        reduced_motion="reduce",
        **changes,
    )
    context.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    watch.over(context)
    try:
        yield context.new_page()
    finally:
        context.close()
    assert watch.wrong == [], watch.wrong


@dataclass(frozen=True)
class Site:
    """A running server, its key, and the provider of its language models."""

    process: Process
    stub: StubProvider
    key: str = KEY

    @property
    def url(self) -> str:
        return self.process.url

    @property
    def headers(self) -> Mapping[str, str]:
        return {"x-api-key": self.key}


@contextlib.contextmanager
def site(data_dir: Path) -> Iterator[Site]:
    """Run `faceplate serve` on a folder, with real face models, in front of a provider."""
    require_weights()
    inherited = {name: value for name, value in os.environ.items() if name != "FACEPLATE_API_KEY"}
    with stub_provider.running() as stub:
        changes = {
            "FACEPLATE_DATA_DIR": str(data_dir),
            "FACEPLATE_API_KEY": KEY,
            "FACEPLATE_CHAT__BASE_URL": stub.base_url,
            # Nobody reads the log, and a pipe that is full would stop the server.
            "FACEPLATE_LOG_LEVEL": "warning",
        }
        process = Process({**inherited, **changes}, "--port", 0)
        try:
            yield Site(process, stub)
        finally:
            process.process.kill()
            process.process.communicate()


def sign_in(page: Page, key: str = KEY, route: str = "") -> None:
    """Open the console with the link that the server prints."""
    page.goto(f"/#key={key}")
    page.locator("body[data-state=in]").wait_for()
    if route:
        page.goto(f"/#/{route}")


def answers(value: object) -> Behaviour:
    """Let the model answer with a text, or with JSON; word by word where that is asked for."""
    text = value if isinstance(value, str) else json.dumps(value)

    async def behave(seen: Seen, wire: Wire) -> None:
        if seen.method == "GET":
            await stub_provider.usual(seen, wire)
        elif seen.json.get("stream"):
            said = {**seen.json, "messages": [{"role": "user", "content": text}]}
            await stub_provider.says_events(*stub_provider.chunks(said))(seen, wire)
        else:
            await stub_provider.says_text(text)(seen, wire)

    return behave


def catalogue_parts(stub: StubProvider) -> TextParts:
    """Wire the text half with every shipped application, in front of a provider."""
    checker, schemas = DeterministicChecker(), JsonSchemas()
    folders = [Path(str(importlib.resources.files("faceplate"))) / "prompt_apps"]
    catalog = TomlPromptCatalog(folders, schemas=schemas, checker=checker)
    return text_parts(openai_chat(stub.base_url), catalog=catalog, checker=checker, schemas=schemas)
