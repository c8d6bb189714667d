"""Keys, usage, health and settings, as an operator uses them."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from console_browsing import KEY, Site, sign_in

pytestmark = [pytest.mark.models, pytest.mark.slow]


def test_health_names_every_part_and_the_models_that_answer(page: Page, api: httpx.Client) -> None:
    sign_in(page, route="operate")
    for part in api.get("/v1/health").json()["parts"]:
        row = page.get_by_role("row").filter(has_text=re.compile(rf"^{part}"))
        expect(row).to_contain_text("Works")
    expect(page.get_by_text("Every part works.")).to_be_visible()
    models = page.get_by_role("table", name="Models that answer")
    expect(models).to_contain_text(api.get("/v1/info").json()["model"])
    expect(models).to_contain_text("stub-1")


def test_settings_show_their_source_and_hide_secrets(page: Page) -> None:
    sign_in(page, route="operate/settings")
    rows = page.get_by_role("row")
    key_row = rows.filter(has_text="FACEPLATE_API_KEY")
    expect(key_row).to_contain_text("environment")
    assert KEY not in page.content()
    page.get_by_label("Find").fill("data_dir")
    expect(rows).to_have_count(2)
    page.get_by_label("Find").fill("")
    page.get_by_label("Only what differs from the defaults").check()
    expect(rows.filter(has_text="FACEPLATE_PORT")).to_contain_text("command line")
    expect(rows.filter(has_text="FACEPLATE_APPS_DIR")).to_have_count(0)


def test_a_key_is_made_used_rotated_and_revoked(
    page: Page, served: Site, api: httpx.Client
) -> None:
    sign_in(page, route="operate/keys")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog", name="New key")
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_label("Name").fill("<img src=x onerror=alert(1)>")
    dialog.get_by_label("May").select_option("read")
    dialog.get_by_text("Limits of its own").click()
    dialog.get_by_label("Requests a day").fill("500")
    dialog.get_by_role("button", name="Make the key").click()
    shown = page.get_by_role("dialog", name="The secret of <img src=x onerror=alert(1)>")
    secret = shown.locator(".secret").inner_text()
    assert _status(served, secret) == 200
    shown.get_by_role("button", name="Done").click()
    expect(shown).to_have_count(0)
    assert secret not in page.content()
    row = page.get_by_role("row").filter(has_text="onerror")
    expect(row).to_contain_text("read")
    expect(row).to_contain_text("Accepted")
    found = [key for key in api.get("/v1/keys").json()["keys"] if "onerror" in key["name"]]
    assert [(key["scope"], key["daily_quota"]) for key in found] == [("read", 500)]

    row.get_by_role("button", name="Rotate").click()
    asked = page.get_by_role("dialog", name="Rotate this key?")
    expect(asked.get_by_role("button", name="Cancel")).to_be_focused()
    asked.get_by_role("button", name="Rotate").click()
    shown = page.get_by_role("dialog", name=re.compile("The secret of"))
    second = shown.locator(".secret").inner_text()
    shown.get_by_role("button", name="Done").click()
    assert (_status(served, secret), _status(served, second)) == (401, 200)

    accepted = page.get_by_role("row").filter(has_text="onerror").filter(has_text="Accepted")
    accepted.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(accepted).to_have_count(0)
    assert _status(served, second) == 401


def test_escape_leaves_a_question_unanswered(page: Page, api: httpx.Client) -> None:
    made = api.post("/v1/keys", json={"name": "stays"}).json()
    sign_in(page, route="operate/keys")
    opener = page.get_by_role("button", name="Revoke stays")
    opener.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()
    keys = api.get("/v1/keys").json()["keys"]
    assert [key["revoked_at"] for key in keys if key["key_id"] == made["key_id"]] == [None]


def test_rotating_the_key_of_the_page_goes_on_with_the_new_one(
    page: Page, api: httpx.Client
) -> None:
    made = api.post("/v1/keys", json={"name": "mine", "scope": "admin"}).json()
    sign_in(page, made["secret"], "operate/keys")
    page.get_by_role("button", name="Rotate mine").click()
    page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("cell", name="mine this one")).to_be_visible()
    page.get_by_role("link", name="Usage").click()
    expect(page.get_by_role("heading", name="Usage")).to_be_visible()


def test_a_key_without_the_scope_is_told_so(page: Page, api: httpx.Client) -> None:
    made = api.post("/v1/keys", json={"name": "reader", "scope": "read"}).json()
    sign_in(page, made["secret"], "operate/keys")
    expect(page.get_by_role("alert").filter(has_text="admin is needed")).to_be_visible()


def test_usage_is_a_chart_with_its_figures_in_words(page: Page, api: httpx.Client) -> None:
    for _ in range(3):
        run = api.post("/v1/examples/default-tldr-summary", json={"input_text": "A long story."})
        assert run.status_code == 200
    sign_in(page, route="operate/usage")
    chart = page.get_by_role("img", name=re.compile(r"Requests by day, 3 in all, at most 3"))
    expect(chart).to_be_visible()
    expect(chart.locator("rect")).to_have_count(30)
    expect(chart.locator("rect:not(.none)")).to_have_count(1)
    table = page.get_by_role("table", name="Usage by application")
    expect(table).to_contain_text("default-tldr-summary")
    page.get_by_label("Of the last").select_option("7 days")
    expect(chart.locator("rect")).to_have_count(7)
    page.get_by_label("Show").select_option("Tokens")
    expect(page.get_by_role("img", name=re.compile("Tokens by day"))).to_be_visible()


def _status(served: Site, secret: str) -> int:
    return httpx.get(f"{served.url}/v1/info", headers={"x-api-key": secret}).status_code
