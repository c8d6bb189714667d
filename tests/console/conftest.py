"""One browser and one server for the tests of a file; every test has a profile of its own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page

from cli_running import Serving
from console_browsing import Site, browsing, running_browser, site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as found:
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture
def server(served: Site) -> Site | Serving:
    """What `page` and `api` talk to; a file whose faces are drawn has its own."""
    return served


@pytest.fixture
def page(browser: Browser, server: Site | Serving) -> Iterator[Page]:
    with browsing(browser, server.url) as found:
        yield found


@pytest.fixture
def api(server: Site | Serving) -> Iterator[httpx.Client]:
    """A client with the key of the tests, for looking behind the page."""
    with httpx.Client(base_url=server.url, headers=server.headers, timeout=30) as client:
        yield client
