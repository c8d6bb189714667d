"""axe-core finds nothing in any view, in both themes, on a phone and on a desk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

import stub_provider
from build import ANA, BEN, build_memory_application, draw
from cli_running import serving_memory
from console_browsing import answers, browsing, catalogue_parts, sign_in
from faceplate.domain.keys import KeyScope
from node_packages import installed

pytestmark = [pytest.mark.slow]

MOOD = {
    "name": "Pine",
    "hex": "#1F4D3A",
    "css_code": "background-color: #1F4D3A;",
    "palette": ["#1F4D3A", "#5B8C5A", "#CBD8B0"],
}


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checker's source, out of its npm package."""
    folder = installed(tmp_path_factory.mktemp("axe"), "axe-core@4")
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, str]]:
    """A server that knows two people, a stranger and an application's usage."""
    with stub_provider.running() as stub:
        stub.always = answers(MOOD)
        parts = build_memory_application(text=catalogue_parts(stub))
        with serving_memory(parts) as serving:
            secret = parts.application.keys.create("axe", scope=KeyScope.ADMIN)[1]
            headers = {"x-api-key": secret}
            with httpx.Client(base_url=serving.url, headers=headers, timeout=30) as api:
                api.put("/v1/index/a/ana.png", params={"person": "Ana"}, content=draw(ANA))
                api.put("/v1/index/two.png", content=draw(ANA, BEN))
                api.post("/v1/examples/default-tldr-summary", json={"input_text": "A story."})
            yield serving.url, secret


def _added(page: Page) -> None:
    page.locator("input[type=file]").first.set_input_files(
        [
            {"name": "new.png", "mimeType": "image/png", "buffer": draw(BEN, size=(300, 200))},
            {"name": "bad.png", "mimeType": "image/png", "buffer": b"no picture"},
        ]
    )
    expect(page.locator(".totals")).to_contain_text("2 of 2 pictures")
    page.get_by_text("Options").click()


def _searched(page: Page) -> None:
    buffer = draw(ANA, BEN, (30, 160, 60), size=(420, 200))
    page.locator("input[type=file]").first.set_input_files(
        [{"name": "who.png", "mimeType": "image/png", "buffer": buffer}]
    )
    expect(page.locator(".framed .box")).to_have_count(3)


def _run(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".answer .checks")).to_be_visible()
    page.get_by_text("The same call as code").click()
    page.get_by_role("button", name="Python").click()


def _opened(name: str | re.Pattern[str]) -> Callable[[Page], None]:
    def step(page: Page) -> None:
        page.get_by_role("button", name=name).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()

    return step


VIEWS: dict[str, tuple[str, Callable[[Page], None] | None]] = {
    "add": ("faces", _added),
    "search": ("faces/search", _searched),
    "people": ("faces/people", None),
    "pictures": ("faces/pictures", None),
    "picture": ("faces/pictures/two.png", None),
    "naming": ("faces/pictures/two.png", _opened("Name face 2")),
    "deleting": ("faces/pictures/two.png", _opened("Delete face 2")),
    "camera": ("faces/search", _opened("Camera")),
    "apps": ("apps", None),
    "app": ("apps/default-mood-color", _run),
    "chat": ("apps/default-marv-sarcastic-chat", None),
    "health": ("operate", None),
    "keys": ("operate/keys", None),
    "new key": ("operate/keys", _opened("New key")),
    "usage": ("operate/usage", None),
    "settings": ("operate/settings", None),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_no_view_has_a_violation(
    browser: Browser, address: tuple[str, str], axe: str, width: int, theme: str
) -> None:
    url, secret = address
    # The checker is put in by the test; the page's own policy would refuse it.
    with browsing(browser, url, width=width, theme=theme, bypass_csp=True) as page:
        page.goto("/")
        found = {"sign in": _violations(page, axe)}
        sign_in(page, secret)
        for name, (route, step) in VIEWS.items():
            page.goto("/#/apps" if route != "apps" else "/#/operate")
            page.goto(f"/#/{route}")
            page.get_by_role("heading", level=1).wait_for()
            expect(page.locator(".loading")).to_have_count(0)
            if step is not None:
                step(page)
            found[name] = _violations(page, axe)
            if page.get_by_role("dialog").count():
                page.keyboard.press("Escape")
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"{name} is {overflow} px wider than the screen"
    wrong = [f"{name}: {row}" for name, rows in found.items() for row in rows]
    assert wrong == [], "\n".join(wrong)


def _violations(page: Page, axe: str) -> list[str]:
    page.evaluate(f"window.axe || (() => {{ {axe} }})()")
    text = page.evaluate("axe.run(document).then((found) => JSON.stringify(found.violations))")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary'][:300]}"
        for one in json.loads(text)
    ]


def test_the_checker_does_find_what_is_wrong(
    browser: Browser, address: tuple[str, str], axe: str
) -> None:
    with browsing(browser, address[0], bypass_csp=True) as page:
        page.goto("/")
        page.evaluate("document.documentElement.removeAttribute('lang')")
        assert any(row.startswith("html-has-lang") for row in _violations(page, axe))
