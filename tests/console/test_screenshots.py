"""The documentation's pictures of the console: made here, of faces that are drawn.

`CONSOLE_SCREENSHOTS=docs/images python -m pytest tests/console/test_screenshots.py` writes them.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import stub_provider
from build import build_memory_application
from cli_running import Serving, serving_memory
from console_browsing import Site, answers, browsing, catalogue_parts, sign_in
from console_drawing import ADA, IVO, NOOR, STRANGER, Head, portrait
from stub_provider import StubProvider

pytestmark = [pytest.mark.slow]

ROOT = Path(__file__).parents[2]
NAMES = ("console-search", "console-app", "console-usage", "console-people-phone")
SIZE = {"width": 1200, "height": 760}
MOOD = {
    "name": "Pine forest",
    "hex": "#1F4D3A",
    "css_code": "background-color: #1F4D3A;",
    "palette": ["#1F4D3A", "#5B8C5A", "#CBD8B0"],
}


@pytest.fixture(scope="module")
def stub() -> Iterator[StubProvider]:
    with stub_provider.running() as found:
        found.always = answers(MOOD)
        yield found


@pytest.fixture(scope="module")
def serving(stub: StubProvider) -> Iterator[Serving]:
    with serving_memory(build_memory_application(text=catalogue_parts(stub))) as found:
        headers = {"x-api-key": found.secret}
        with httpx.Client(base_url=found.url, headers=headers, timeout=30) as api:
            for head in (ADA, NOOR, IVO):
                for mouth in (0, 1):
                    _enrol(api, head, mouth)
        yield found


def test_a_search_of_drawn_faces(browser: Browser, serving: Serving) -> None:
    with browsing(browser, serving.url) as page:
        page.set_viewport_size(SIZE)
        sign_in(page, serving.secret, "faces/search")
        group = portrait(NOOR, STRANGER, ADA, IVO, mouth=2, side_px=240)
        page.locator("input[type=file]").first.set_input_files(
            [{"name": "group.png", "mimeType": "image/png", "buffer": group}]
        )
        found = page.get_by_role("article", name="group.png")
        expect(found).to_contain_text("4 faces, 3 known")
        expect(found.locator(".match canvas")).to_have_count(3)
        page.get_by_role("heading", name="Search").scroll_into_view_if_needed()
        shoot(page, "console-search")


def test_an_application_with_its_answer(browser: Browser, serving: Serving) -> None:
    with browsing(browser, serving.url, theme="dark") as page:
        page.set_viewport_size({"width": 1200, "height": 1000})
        sign_in(page, serving.secret, "apps/default-mood-color")
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.locator(".answer .checks")).to_contain_text("All 5 checks passed.")
        shoot(page, "console-app")


@pytest.mark.models
def test_usage_by_day(browser: Browser, served: Site, api: httpx.Client) -> None:
    served.stub.always = answers(MOOD)
    for slug, times in (("mood-color", 5), ("tldr-summary", 3), ("grammar", 2)):
        for _ in range(times):
            body = {"input_text": "Deep in a pine forest"}
            assert api.post(f"/v1/examples/default-{slug}", json=body).status_code == 200
    with browsing(browser, served.url) as page:
        page.set_viewport_size(SIZE)
        sign_in(page, route="operate/usage")
        expect(page.get_by_role("img", name=re.compile("10 in all"))).to_be_visible()
        shoot(page, "console-usage")


def test_people_on_a_phone(browser: Browser, serving: Serving) -> None:
    with browsing(browser, serving.url, width=375, theme="dark") as page:
        sign_in(page, serving.secret, "faces/people")
        expect(page.locator(".tile canvas")).to_have_count(3)
        shoot(page, "console-people-phone")


def test_the_documentation_has_each_picture_and_names_it() -> None:
    texts = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = "".join(path.read_text(encoding="utf-8") for path in texts)
    for name in NAMES:
        path = ROOT / "docs/images" / f"{name}.png"
        with Image.open(path) as picture:
            assert picture.width >= 375
        assert path.stat().st_size < 150_000
        assert f"{name}.png" in named


def shoot(page: Page, name: str) -> None:
    """Write a picture where it was asked for; look at it in any case."""
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement?.blur()")
    taken = page.screenshot()
    folder = os.environ.get("CONSOLE_SCREENSHOTS")
    with Image.open(io.BytesIO(taken)) as picture:
        assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 50
        if folder:
            # 128 colours are enough for a page, in a third of the bytes.
            small = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
            small.save(Path(folder) / f"{name}.png", optimize=True)


def _enrol(api: httpx.Client, head: Head, mouth: int) -> None:
    answer = api.put(
        f"/v1/index/{head.name.lower()}-{mouth + 1}.png",
        params={"person": head.name},
        content=portrait(head, mouth=mouth),
    )
    assert len(answer.json()["FaceRecords"]) == 1
