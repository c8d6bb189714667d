"""Pages for people: everything from this machine, under a strict policy."""

import importlib.util
import re

import pytest

from asgi_client import Client
from faceplate.http import pages

PAGES = ["/", "/docs"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_key_and_has_a_strict_policy(client: Client, page: str) -> None:
    answer = client.with_secret(None).get(page)
    assert answer.status == 200
    assert str(answer.header("content-type")).startswith("text/html")
    policy = str(answer.header("content-security-policy"))
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    script = re.search(r"script-src ([^;]*)", policy)
    assert script is None or script[1] == "'self'"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_fetches_nothing_from_elsewhere(client: Client, page: str) -> None:
    text = client.get(page).body.decode()
    assert "http://" not in text
    assert "https://" not in text
    assert "<script>" not in text
    for link in re.findall(r'(?:src|href)="([^"#]+)"', text):
        assert client.with_secret(None).get(f"/{link.lstrip('/')}").status == 200, link


def test_the_reference_is_swagger_ui_reading_our_document(client: Client) -> None:
    assert b'url: "/openapi.json"' in client.get("/docs/start.js").body
    script = client.get("/docs/swagger-ui-bundle.js")
    assert script.header("content-type") == "text/javascript; charset=utf-8"
    assert len(script.body) > 500_000
    assert client.get("/docs/swagger-ui.css").header("content-type") == "text/css; charset=utf-8"


@pytest.mark.parametrize("name", ["x.js", "__init__.py", "%2e%2e%2fx", "..%2f__init__.py"])
def test_no_other_file_is_served(client: Client, name: str) -> None:
    assert client.get(f"/docs/{name}").code == "route_not_found"


def test_without_the_package_of_the_reference_the_asset_is_404(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages._read_asset.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert client.get("/docs/swagger-ui.css").code == "route_not_found"
