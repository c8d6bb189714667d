"""The key, the theme, the keyboard, and a server that comes and goes."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Response, expect

from cli_running import Process
from console_browsing import KEY, Site, browsing, sign_in
from served import require_weights

pytestmark = [pytest.mark.models, pytest.mark.slow]


def test_the_key_is_asked_for_once_and_stays_in_the_tab(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in with an API key")).to_be_visible()
    expect(page.get_by_role("link", name="Operate")).to_be_hidden()
    field = page.get_by_label("API key")
    expect(field).to_be_focused()
    field.fill(f"  {KEY}\n")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Operate")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Operate")).to_be_visible()
    assert KEY not in page.url
    assert KEY not in page.content()
    other = page.context.new_page()
    other.goto("/")
    expect(other.get_by_role("heading", name="Sign in with an API key")).to_be_visible()


def test_a_wrong_key_says_so_and_is_not_kept(page: Page) -> None:
    page.goto("/")
    page.get_by_label("API key").fill("fp_000000000000_wrong")
    page.get_by_role("button", name="Open the console").click()
    expect(page.get_by_role("alert")).to_contain_text("This key is not accepted")
    assert page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})") == "{}"


def test_a_link_with_the_key_leaves_the_address_bar_at_once(page: Page) -> None:
    seen: list[str] = []
    page.context.on("request", lambda request: seen.append(request.url))
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert KEY not in page.url
    page.go_back()
    assert KEY not in page.url
    assert [url for url in seen if KEY in url] == []


def test_signing_out_forgets_the_key(page: Page) -> None:
    sign_in(page, route="operate")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in with an API key")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_key_that_is_revoked_meanwhile_is_asked_for_again(page: Page, api: httpx.Client) -> None:
    made = api.post("/v1/keys", json={"name": "short-lived", "scope": "admin"}).json()
    sign_in(page, made["secret"], "operate/keys")
    expect(page.get_by_role("cell", name="short-lived this one")).to_be_visible()
    api.delete(f"/v1/keys/{made['key_id']}")
    page.get_by_role("link", name="Usage").click()
    expect(page.get_by_role("alert")).to_contain_text("This key is not accepted")
    sign_in(page, route="operate/keys")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()


def test_a_wire_that_is_cut_is_told_and_its_return_too(
    page: Page,
) -> None:
    sign_in(page, route="operate/keys")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Usage").click()
    expect(page.locator("#gone")).to_contain_text("The server does not answer.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#gone")).to_be_hidden()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Nothing was asked yet")).to_be_visible()


def test_a_server_that_was_stopped_and_started_again(browser: Browser, tmp_path: Path) -> None:
    require_weights()
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    environment = {**_environment(), "FACEPLATE_DATA_DIR": str(tmp_path), "FACEPLATE_API_KEY": KEY}
    environment["FACEPLATE_LOG_LEVEL"] = "warning"
    first = Process(environment, "--port", port)
    try:
        with browsing(browser, first.url) as page:
            sign_in(page, route="operate/settings")
            expect(page.get_by_role("heading", name="Settings")).to_be_visible()
            first.stop()
            page.get_by_role("link", name="Keys").click()
            expect(page.locator("#gone")).to_contain_text("It may have been stopped")
            second = Process(environment, "--port", port)
            try:
                expect(page.locator("#gone")).to_be_hidden()
                page.get_by_role("button", name="Try again").click()
                expect(page.get_by_role("columnheader", name="Scope")).to_be_visible()
            finally:
                second.stop()
    finally:
        first.process.kill()


def test_the_theme_follows_the_system_until_one_is_chosen(browser: Browser, served: Site) -> None:
    with browsing(browser, served.url, theme="dark") as page:
        sign_in(page, route="operate")
        assert _is_dark(page)
        toggle = page.get_by_role("button", name="Theme: system")
        toggle.click()
        assert not _is_dark(page)
        page.reload()
        assert not _is_dark(page)
        page.get_by_role("button", name="Theme: light").click()
        page.get_by_role("button", name="Theme: dark").click()
        expect(page.get_by_role("button", name="Theme: system")).to_be_visible()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page) -> None:
    sign_in(page, route="operate")
    expect(page.get_by_role("heading", name="Health")).to_be_focused()
    page.reload()
    page.get_by_role("button", name="Ask again").wait_for()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "(() => { const at = document.activeElement, look = getComputedStyle(at);"
                "return [at.textContent || at.getAttribute('aria-label'), look.outlineStyle]})()"
            )
        )
        if seen[-1][0] == "Ask again":
            break
    names = [name for name, _ in seen]
    assert ["Operate", "solid"] in seen
    assert ["Ask again", "solid"] in seen
    assert names.index("Operate") < names.index("Keys") < names.index("Ask again")
    assert all(outline == "solid" for name, outline in seen if name), seen


def test_an_address_that_names_nothing_opens_something(page: Page) -> None:
    sign_in(page, route="operate/%E0%A4%A/x")
    expect(page.get_by_role("heading", name="Health")).to_be_visible()


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("route", ["operate", "operate/keys", "faces", "faces/search", "apps"])
def test_nothing_moves_while_the_page_comes_up(
    browser: Browser, served: Site, route: str, width: int
) -> None:
    with browsing(browser, served.url, width=width) as page:
        sign_in(page, route=route)
        page.add_init_script(
            "window.moved = 0; new PerformanceObserver((list) => {"
            "for (const entry of list.getEntries()) window.moved += entry.value;"
            "}).observe({type: 'layout-shift', buffered: true});"
        )
        page.reload()
        page.get_by_role("heading", level=1).wait_for()
        expect(page.locator(".loading")).to_have_count(0)
        assert page.evaluate("window.moved") < 0.05


def _is_dark(page: Page) -> bool:
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) < 200


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("FACEPLATE_")}


VIEWS = ["faces", "faces/search", "faces/people", "faces/pictures", "apps", "apps/default-chat"]


@pytest.mark.parametrize("route", [*VIEWS, "operate", "operate/usage"])
def test_a_first_view_is_under_a_hundred_kilobytes(
    browser: Browser, served: Site, route: str
) -> None:
    """Not compressed: everything of ours that the browser has to read for it."""
    with browsing(browser, served.url) as page:
        page.add_init_script(f"sessionStorage.setItem('faceplate-key', '{KEY}')")
        answers: list[Response] = []

        def keep(answer: Response) -> None:
            answers.append(answer)

        page.on("response", keep)
        page.goto(f"/#/{route}")
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_load_state("networkidle")
        ours = [one for one in answers if "/v1/" not in one.url]
        size = sum(len(one.body()) for one in ours)
    assert len(ours) > 10
    assert size < 100_000, f"{route}: {size}"


def test_a_part_that_cannot_be_fetched_says_so(page: Page) -> None:
    sign_in(page, route="operate")
    expect(page.get_by_role("heading", name="Health")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Apps").click()
    expect(page.get_by_role("alert").filter(has_text="page_incomplete")).to_be_visible()
    expect(page.locator("#gone")).to_contain_text("The server does not answer.")
    page.context.set_offline(False)
    expect(page.locator("#gone")).to_be_hidden()
    page.get_by_role("button", name="Load the page again").click()
    expect(page.get_by_role("heading", name="Applications")).to_be_visible()
