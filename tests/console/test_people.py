"""Name, merge, reassign, erase: with the proof of it, and galleries of any length."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from build import ANA, ANA_AGAIN, BEN, CAM, MemoryParts, build_memory_application, draw
from cli_running import Serving, serving_memory
from console_browsing import browsing, sign_in

pytestmark = [pytest.mark.slow]

EVIL = "<script>window.evil = 1</script>"


@pytest.fixture
def parts() -> MemoryParts:
    return build_memory_application()


@pytest.fixture
def serving(parts: MemoryParts) -> Iterator[Serving]:
    """A server whose faces are drawn patches of colour: every number is known."""
    with serving_memory(parts) as found:
        yield found


@pytest.fixture
def server(serving: Serving) -> Serving:
    return serving


def test_a_face_is_named_renamed_and_given_to_another(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    api.put("/v1/index/friends/ana & ben.png", content=draw(ANA, BEN))
    sign_in(page, serving.secret, "faces/pictures")
    page.get_by_role("link", name="friends/ana & ben.png").click()
    page.get_by_role("button", name="Face 1 Nobody yet").click()
    expect(page.get_by_role("button", name="Name face 1")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Who is this?")
    dialog.get_by_label("Name").fill(EVIL)
    expect(dialog).to_contain_text("a new person is made")
    dialog.get_by_text("Consent of a new person").click()
    dialog.get_by_label("Purpose").fill("door badge")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Face 1 {EVIL}")).to_be_visible()
    person = api.get("/v1/people").json()["people"][0]
    assert (person["name"], person["consent"]["purpose"]) == (EVIL, "door badge")

    page.get_by_role("link", name=EVIL).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(EVIL)
    expect(page.get_by_text("Consent for door badge")).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Name").fill("Ana")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Ana")).to_be_visible()

    page.get_by_role("button", name="Reassign").click()
    dialog = page.get_by_role("dialog", name="Give this face to somebody else")
    expect(dialog).to_contain_text("It belongs to Ana now.")
    dialog.get_by_label("Name").fill("Ben")
    dialog.get_by_role("button", name="Reassign").click()
    expect(page.get_by_role("heading", name="No faces")).to_be_visible()
    counts = {one["name"]: one["face_count"] for one in api.get("/v1/people").json()["people"]}
    assert counts == {"Ana": 0, "Ben": 1}
    assert page.evaluate("window.evil") is None


def test_a_wrong_face_is_taken_away(page: Page, api: httpx.Client, serving: Serving) -> None:
    person = api.put("/v1/index/a.png", params={"person": "Ana"}, content=draw(ANA)).json()
    sign_in(page, serving.secret, f"faces/people/{person['person_id']}")
    page.get_by_role("button", name="Not them").click()
    page.get_by_role("button", name="Take it away").click()
    expect(page.get_by_role("heading", name="No faces")).to_be_visible()
    assert len(api.get("/v1/faces").json()["faces"]) == 1


def test_two_people_become_one(page: Page, api: httpx.Client, serving: Serving) -> None:
    kept = api.put("/v1/index/a.png", params={"person": "Ana"}, content=draw(ANA)).json()
    api.put("/v1/index/b.png", params={"person": "Anna"}, content=draw(ANA_AGAIN))
    sign_in(page, serving.secret, f"faces/people/{kept['person_id']}")
    page.get_by_role("button", name="Merge").click()
    dialog = page.get_by_role("dialog", name="Merge somebody into Ana")
    dialog.get_by_label("The other person").fill("Ann")
    dialog.get_by_role("button", name="Merge").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Nobody else has this name.")
    dialog.get_by_label("The other person").fill("Anna")
    expect(dialog).to_contain_text("Anna is known, with 1 face.")
    expect(dialog.locator(".mug canvas")).to_be_visible()
    dialog.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("list", name="Faces").get_by_role("listitem")).to_have_count(2)
    assert [one["name"] for one in api.get("/v1/people").json()["people"]] == ["Ana"]


def test_erasing_a_person_shows_the_proof(page: Page, api: httpx.Client, serving: Serving) -> None:
    for key in ("a.png", "b.png"):
        api.put(f"/v1/index/{key}", params={"person": "Ana"}, content=draw(ANA, size=(300, 200)))
    api.put("/v1/index/c.png", params={"person": "Cam"}, content=draw(CAM))
    sign_in(page, serving.secret, "faces/people")
    page.get_by_role("link", name=re.compile("Ana")).click()
    page.get_by_role("button", name="Erase").click()
    page.get_by_role("dialog", name="Erase Ana?").get_by_role("button", name="Erase").click()
    proof = page.get_by_role("dialog", name="Ana is erased")
    expect(proof).to_contain_text("Nothing is left.")
    expect(proof.get_by_role("row", name=re.compile("Faces 2 0 Gone"))).to_be_visible()
    expect(proof.get_by_role("row", name=re.compile("Faceprints 2 0 Gone"))).to_be_visible()
    expect(proof.get_by_role("row", name=re.compile("Person 1 0 Gone"))).to_be_visible()
    proof.get_by_role("button", name="Done").click()
    expect(page.get_by_role("list", name="People").get_by_role("listitem")).to_have_count(1)
    assert {one["key"] for one in api.get("/v1/images").json()["images"]} == {"c.png"}


def test_a_face_and_a_picture_are_deleted_with_proof(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    api.put("/v1/index/two.png", content=draw(ANA, BEN))
    sign_in(page, serving.secret, "faces/pictures/two.png")
    page.get_by_role("button", name="Delete face 2").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    proof = page.get_by_role("dialog", name="The face is deleted")
    expect(proof).to_contain_text("Nothing is left.")
    proof.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="1 face")).to_be_visible()
    page.get_by_role("button", name="Delete the picture").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()
    assert api.get("/v1/images").json()["images"] == []


def test_a_key_that_may_only_read_is_told_so_in_the_dialog(page: Page, api: httpx.Client) -> None:
    api.put("/v1/index/a.png", content=draw(ANA))
    reader = api.post("/v1/keys", json={"name": "reader", "scope": "read"}).json()["secret"]
    sign_in(page, reader, "faces/pictures/a.png")
    page.get_by_role("button", name="Delete face 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("write is needed")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(("mode", "calls"), [("local", 2), ("aws", 1)])
def test_a_search_is_asked_once_where_it_is_billed(browser: Browser, mode: str, calls: int) -> None:
    parts = build_memory_application(describe=lambda: {"mode": mode})
    parts.application.faces.index("ana.png", draw(ANA))
    seen: list[str] = []
    with serving_memory(parts) as serving, browsing(browser, serving.url) as page:
        page.on("request", lambda request: seen.append(request.url))
        sign_in(page, serving.secret, "faces/search")
        page.locator("input[type=file]").set_input_files(
            [{"name": "who.png", "mimeType": "image/png", "buffer": draw(BEN)}]
        )
        expect(page.get_by_role("article", name="who.png")).to_contain_text("1 face, 0 known")
    assert len([url for url in seen if "/v1/search" in url]) == calls


def test_what_a_button_began_may_fail(page: Page, api: httpx.Client, serving: Serving) -> None:
    api.put("/v1/index/a.png", params={"person": "Ana"}, content=draw(ANA))
    person = api.get("/v1/people").json()["people"][0]["person_id"]
    sign_in(page, serving.secret, f"faces/people/{person}")
    button = page.get_by_role("button", name="Reassign")
    button.wait_for()
    page.context.set_offline(True)
    button.click()
    dialog = page.get_by_role("dialog", name="Give this face to somebody else")
    dialog.get_by_label("Name").fill("Ben")
    expect(page.locator("#gone")).to_contain_text("The server does not answer.")
    dialog.get_by_role("button", name="Reassign").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The server does not answer.")
    page.context.set_offline(False)
    expect(page.locator("#gone")).to_be_hidden()
    # Erased by somebody else while it was looked at.
    api.delete(f"/v1/people/{person}")
    dialog.get_by_role("button", name="Reassign").click()
    expect(dialog.get_by_role("alert")).to_contain_text("no longer there")
    page.keyboard.press("Escape")


def test_what_was_deleted_meanwhile_is_told(page: Page, serving: Serving) -> None:
    sign_in(page, serving.secret, "faces/pictures/never.png")
    expect(page.get_by_text("There is no such picture.")).to_be_visible()
    page.goto("/#/faces/people/nobody")
    expect(page.get_by_role("heading", name="There is no such person")).to_be_visible()


def test_a_gallery_of_thousands_has_what_is_in_view_on_the_page(
    page: Page, serving: Serving, parts: MemoryParts
) -> None:
    many = 2500
    picture = draw(ANA, size=(60, 60), sides=[30])
    for number in range(many):
        parts.application.faces.index(f"p{number:05}.png", picture)
    sign_in(page, serving.secret, "faces/pictures")
    cells = page.get_by_role("list", name="Pictures").get_by_role("listitem")
    expect(cells.first).to_contain_text("p00000.png")
    expect(cells.first.locator("canvas")).to_be_visible()
    assert cells.count() < 100
    page.get_by_role("link", name="p00000.png").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="p00001.png")).to_be_focused()
    page.keyboard.press("End")
    last = page.get_by_role("link", name=f"p{many - 1:05}.png")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    expect(last.locator("canvas")).to_be_visible()
    assert cells.count() < 100
    page.keyboard.press("Home")
    expect(page.get_by_role("link", name="p00000.png")).to_be_focused()
    # A mouse that drags the bar to the middle finds the middle.
    page.evaluate("window.scrollTo(0, document.body.scrollHeight / 2)")
    expect(page.get_by_role("link", name=re.compile("p012[45]")).first).to_be_visible()
