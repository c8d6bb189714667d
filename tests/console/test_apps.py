"""Applications: found, filled in, run, and shown as what their answers are."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

import stub_provider
from console_browsing import KEY, Site, answers, browsing, sign_in

pytestmark = [pytest.mark.models, pytest.mark.slow]

MOOD = {
    "name": "Pine",
    "hex": "#1F4D3A",
    "css_code": "background-color: #1F4D3A;",
    "palette": ["#1F4D3A", "#5B8C5A", "#CBD8B0"],
}
SHEET = {
    "title": "Capitals",
    "columns": ["Country", "Capital"],
    "rows": [["France", "Paris"], ["=1+1", 'a "quoted", one'], ["<b>x</b>", "-2"]],
}
EVIL_PAGE = """<!doctype html><html><head><title>t</title><style>h1 { color: rgb(1, 2, 3) }</style>
<meta http-equiv="refresh" content="0;url=https://example.com/refresh"></head>
<body><h1>Hello</h1><img src="https://example.com/pixel.png" onerror="parent.postMessage(1, '*')">
<script>document.querySelector("h1").textContent = "ran"; top.document.title = "ran"</script>
<a href="https://example.com/away">away</a></body></html>"""


@pytest.fixture(autouse=True)
def _usual_again(served: Site) -> Iterator[None]:
    yield
    served.stub.always = None


def test_every_application_is_listed_and_found_by_words(page: Page, api: httpx.Client) -> None:
    everything = api.get("/v1/examples").json()["examples"]
    sign_in(page, route="apps")
    links = page.locator(".groups a")
    expect(links).to_have_count(len(everything))
    assert page.locator(".group").all_inner_texts() == [
        "Transform",
        "Extract",
        "Classify",
        "Code",
        "Generate",
        "Chat",
    ]
    page.get_by_label("Search applications").fill("sql natural")
    expect(links).to_have_count(1)
    expect(page.get_by_role("status").filter(has_text="1 application")).to_be_visible()
    page.get_by_label("Search applications").fill("zzz")
    expect(page.get_by_text("None fits.")).to_be_visible()
    page.get_by_label("Search applications").fill("")
    page.get_by_label("Category").select_option("Code")
    expect(links).to_have_count(len([one for one in everything if one["category"] == "code"]))


def test_every_form_has_each_parameter_with_its_default_and_limits(
    page: Page, api: httpx.Client
) -> None:
    kinds = set()
    sign_in(page)
    for slug in ("mood-color", "translate", "sql-translate", "function-from-spec", "grammar"):
        about = api.get(f"/v1/examples/default-{slug}").json()
        page.goto(f"/#/apps/default-{slug}")
        expect(page.get_by_role("heading", level=1)).to_have_text(about["title"])
        given = (about["sample"] or {}).get("parameters", {})
        for one in about["parameters"]:
            kinds.add(one["kind"])
            name = one["name"].replace("_", " ").capitalize()
            control = page.locator("form").get_by_label(name, exact=True)
            value = given.get(one["name"], one["default"])
            if one["kind"] == "flag":
                expect(control).to_be_checked(checked=value)
            elif one["kind"] == "texts":
                expect(control).to_have_value("\n".join(value))
            else:
                expect(control).to_have_value(str(value))
            if one["kind"] == "integer":
                expect(control).to_have_attribute("min", f"{one['minimum']:g}")
                expect(control).to_have_attribute("max", f"{one['maximum']:g}")
            if one["kind"] == "choice":
                assert control.locator("option").all_inner_texts() == one["choices"]
    assert kinds == {"integer", "texts", "text", "choice", "flag"}


def test_values_out_of_their_limits_are_not_sent(page: Page, served: Site) -> None:
    before = len(served.stub.seen)
    sign_in(page, route="apps/default-mood-color")
    page.get_by_label("Palette size").fill("99")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_label("Palette size")).to_be_focused()
    page.goto("/#/apps/default-translate")
    page.get_by_label("Languages").fill("")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_label("Languages")).to_be_focused()
    assert [one for one in served.stub.seen[before:] if one.method == "POST"] == []


def test_a_colour_is_a_swatch_and_its_checks_are_shown(page: Page, served: Site) -> None:
    served.stub.always = answers(MOOD)
    sign_in(page, route="apps/default-mood-color")
    page.get_by_label("Input").fill("Deep in a pine forest")
    page.keyboard.press("Control+Enter")
    answer = page.get_by_role("region", name="Answer")
    expect(answer.locator(".swatch")).to_have_count(4)
    colour = answer.locator(".patch").first.evaluate("at => getComputedStyle(at).backgroundColor")
    assert colour == "rgb(31, 77, 58)"
    expect(answer.locator(".code code")).to_have_text("background-color: #1F4D3A;")
    expect(answer.locator(".checks")).to_contain_text("All 5 checks passed.")
    served.stub.always = answers({**MOOD, "css_code": "background-color: #FFFFFF;"})
    page.get_by_role("button", name="Run").click()
    expect(answer.locator(".checks .bad")).to_contain_text("Failed")


def test_a_table_is_a_table_and_a_file(page: Page, served: Site) -> None:
    served.stub.always = answers(SHEET)
    sign_in(page, route="apps/default-spreadsheet-gen")
    page.get_by_label("Rows").fill("3")
    page.get_by_role("button", name="Run").click()
    table = page.get_by_role("region", name="Answer").get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(4)
    expect(table.get_by_role("cell", name="<b>x</b>")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    assert waiting.value.suggested_filename == "default-spreadsheet-gen.csv"
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    assert text.split("\r\n") == [
        "Country,Capital",
        "France,Paris",
        '\'=1+1,"a ""quoted"", one"',
        "<b>x</b>,-2",
        "",
    ]


def test_the_answer_comes_word_by_word_and_can_be_stopped(page: Page, served: Site) -> None:
    begun, rest = threading.Event(), threading.Event()

    async def slow(_seen: stub_provider.Seen, wire: stub_provider.Wire) -> None:
        await wire.begin_events()
        await wire.piece(stub_provider.chunk({"content": "First "}))
        begun.set()
        await wire.until_left()
        rest.set()

    served.stub.always = slow
    sign_in(page, route="apps/default-tldr-summary")
    page.get_by_label("Text", exact=True).check()
    page.get_by_label("Input").fill("A long story.")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".streaming")).to_have_text("First ")
    assert begun.is_set()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    assert rest.wait(10), "the provider goes on although nobody listens"
    expect(page.get_by_role("button", name="Run")).to_be_enabled()


def test_a_page_is_shown_in_a_frame_where_nothing_runs(browser: Browser, served: Site) -> None:
    # Chromium notes each thing that it kept the page from.
    refusals = r"about:srcdoc|Content Security Policy|Refused to execute the redirect"
    with browsing(browser, served.url, expected=refusals) as page:
        served.stub.always = answers({"title": "t", "html": EVIL_PAGE})
        sign_in(page, route="apps/default-single-page-website")
        page.get_by_role("button", name="Run").click()
        outer = page.locator("iframe.preview")
        expect(outer).to_have_attribute("sandbox", "allow-scripts")
        inner = outer.content_frame.locator("iframe")
        expect(inner).to_have_attribute("sandbox", "")
        heading = inner.content_frame.locator("h1")
        expect(heading).to_have_text("Hello")
        # Its own styles are there; the watch over the page judges what was asked of elsewhere.
        assert heading.evaluate("at => getComputedStyle(at).color") == "rgb(1, 2, 3)"
        assert outer.evaluate("at => at.contentDocument") is None
        expect(page).to_have_title(re.compile("Single-page website"))
        inner.content_frame.get_by_role("link", name="away").click()
        expect(page).to_have_title(re.compile("Single-page website"))
        page.get_by_text("Source").click()
        expect(page.get_by_role("group", name="Source of the page")).to_contain_text(
            "<h1>Hello</h1>"
        )


def test_a_model_s_answer_is_text_whatever_is_in_it(page: Page, served: Site) -> None:
    evil = "<img src=x onerror=\"window.evil=1\"><svg onload='window.evil=1'>{{input}}"
    served.stub.always = answers(evil)
    sign_in(page, route="apps/default-tldr-summary")
    page.get_by_label("Text", exact=True).check()
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".answer .value")).to_have_text(evil)
    assert page.evaluate("window.evil") is None


def test_what_does_not_fit_is_mended_without_streaming(page: Page, served: Site) -> None:
    served.stub.always = answers("no JSON at all")
    sign_in(page, route="apps/default-mood-color")
    page.get_by_role("button", name="Run", exact=True).click()
    alert = page.get_by_role("alert").filter(has_text="result_invalid")
    expect(alert).to_contain_text("cannot be mended")
    served.stub.queued.append(stub_provider.says_text("still none"))
    served.stub.always = answers(MOOD)
    page.get_by_role("button", name="Run without streaming").click()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("mended once")


def test_a_conversation_goes_on_and_can_start_over(page: Page, served: Site) -> None:
    served.stub.always = answers("Paris, obviously.")
    sign_in(page, route="apps/default-marv-sarcastic-chat")
    page.get_by_label("Text", exact=True).check()
    for question in ("What is the capital of France?", "And how do you know?"):
        page.get_by_label("Message").fill(question)
        page.get_by_role("button", name="Run").click()
        expect(page.get_by_label("Message")).to_have_value("")
    talk = page.get_by_role("list", name="Conversation")
    expect(talk.get_by_role("listitem")).to_have_count(3)
    sent = served.stub.seen[-1].json["messages"]
    assert [one["content"] for one in sent[-3:]] == [
        "What is the capital of France?",
        "Paris, obviously.",
        "And how do you know?",
    ]
    page.get_by_role("button", name="Start over").click()
    expect(talk).to_be_hidden()


@pytest.mark.parametrize("language", ["curl", "Python", "JavaScript"])
def test_the_same_call_as_code_really_is(
    page: Page, served: Site, tmp_path: Path, language: str
) -> None:
    command = {"curl": "bash", "Python": sys.executable, "JavaScript": shutil.which("node")}[
        language
    ]
    if command is None or (language == "curl" and shutil.which("curl") is None):
        pytest.skip(f"{language} is not installed")
    served.stub.always = answers({**MOOD, "palette": MOOD["palette"][:2]})
    sign_in(page, route="apps/default-mood-color")
    hostile = 'It\'s a "test" with $HOME, `ls`, \\n, \u00e9 \u4e2d \U0001f600 and\na line'
    page.get_by_label("Input").fill(hostile)
    page.get_by_label("Palette size").fill("2")
    page.get_by_text("The same call as code").click()
    page.get_by_role("button", name=language, exact=True).click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text = page.evaluate("navigator.clipboard.readText()")
    assert KEY not in text
    assert KEY not in page.content()
    script = tmp_path / "call.mjs"
    script.write_text(text, encoding="utf-8")
    before = len(served.stub.seen)
    done = subprocess.run(
        [command, script],
        env={"PATH": os.environ["PATH"], "FACEPLATE_API_KEY": KEY},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Pine" in done.stdout
    sent = next(one for one in served.stub.seen[before:] if one.method == "POST").json
    assert sent["messages"][-1]["content"] == hostile
    assert "2" in json.dumps(sent["messages"][0])


def test_a_provider_that_fails_is_told_and_asked_again(page: Page, served: Site) -> None:
    served.stub.always = stub_provider.refuses(400, "content_policy_violation")
    sign_in(page, route="apps/default-tldr-summary")
    page.get_by_role("button", name="Run").click()
    alert = page.get_by_role("region", name="Answer").get_by_role("alert")
    expect(alert).to_be_visible()
    assert "secret words" not in page.content()
    page.goto("/#/apps/default-nothing")
    expect(page.get_by_role("alert")).to_contain_text("app_not_found")
