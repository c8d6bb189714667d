"""What must not be lost: an answer on its way, the place in a list, the focus, what was typed."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

import stub_provider
from build import ANA, BEN, MemoryParts, build_memory_application, draw
from cli_running import Serving, serving_memory
from console_browsing import answers, browsing, catalogue_parts, sign_in
from faceplate.domain.keys import KeyScope
from stub_provider import StubProvider

pytestmark = [pytest.mark.slow]

MARV = "apps/default-marv-sarcastic-chat"


@pytest.fixture(scope="module")
def stub() -> Iterator[StubProvider]:
    with stub_provider.running() as found:
        yield found


@pytest.fixture
def parts(stub: StubProvider) -> MemoryParts:
    return build_memory_application(text=catalogue_parts(stub))


@pytest.fixture
def serving(parts: MemoryParts) -> Iterator[Serving]:
    with serving_memory(parts) as found:
        yield found


@pytest.fixture
def server(serving: Serving) -> Serving:
    return serving


class Slow:
    """Calls of a method wait until it is over, as on a slow network."""

    def __init__(self, page: Page, method: str) -> None:
        self._method = method
        self._waiting: list[Route] = []
        self._over = False
        page.route("**/v1/**", self._hold)

    def _hold(self, route: Route) -> None:
        if route.request.method == self._method and not self._over:
            self._waiting.append(route)
        else:
            route.fallback()

    def end(self) -> None:
        self._over = True
        for route in self._waiting:
            route.fallback()


def person(api: httpx.Client, name: str = "Ana", *, pictures: int = 1) -> str:
    for number in range(pictures):
        content = draw(ANA, size=(60, 60 + number), sides=[30])
        found = api.put(f"/v1/index/{number}.png", params={"person": name}, content=content)
    return str(found.json()["person_id"])


@pytest.mark.parametrize("way", ["Cancel", "Escape", "Back"])
def test_what_is_begun_in_a_dialog_is_told_when_it_is_done(
    page: Page, api: httpx.Client, serving: Serving, way: str
) -> None:
    sign_in(page, serving.secret, "faces/people")
    page.goto(f"/#/faces/people/{person(api)}")
    slow = Slow(page, "DELETE")
    page.get_by_role("button", name="Erase").click()
    dialog = page.get_by_role("dialog", name="Erase Ana?")
    dialog.get_by_role("button", name="Erase").click()
    expect(dialog.get_by_role("button", name="Cancel")).to_be_disabled()
    if way == "Escape":
        page.keyboard.press("Escape")
        expect(dialog).to_be_visible()
        # Browsers let nobody be kept in a dialog: the second is theirs.
        page.keyboard.press("Escape")
    if way == "Back":
        page.go_back()
        expect(dialog).to_have_count(0)
    slow.end()
    expect(page.get_by_role("dialog", name="Ana is erased")).to_contain_text("Nothing is left.")


def test_a_dialog_ends_with_its_page(page: Page, api: httpx.Client) -> None:
    found = person(api)
    made = api.post("/v1/keys", json={"name": "short-lived", "scope": "admin"}).json()
    sign_in(page, made["secret"], "faces/people")
    page.get_by_role("link", name=re.compile("Ana")).click()
    page.get_by_role("button", name="Erase").click()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("list", name="People")).to_be_visible()
    page.goto(f"/#/faces/people/{found}")
    page.get_by_role("button", name="Erase").click()
    api.delete(f"/v1/keys/{made['key_id']}")
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    expect(page.get_by_role("heading", name="Sign in with an API key")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_name_that_is_forgotten_leaves_faces_and_pictures(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    sign_in(page, serving.secret, f"faces/people/{person(api)}")
    page.get_by_role("button", name="Erase").click()
    page.get_by_label("Only forget the name").check()
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    proof = page.get_by_role("dialog", name="The name is forgotten")
    expect(proof).to_contain_text("Faces and pictures are kept, as asked.")
    expect(proof).not_to_contain_text("Nothing is left.")
    expect(proof.get_by_role("row", name="Faces under this name 1 0 Gone")).to_be_visible()
    assert len(api.get("/v1/faces").json()["faces"]) == 1


def test_days_are_the_same_west_of_greenwich(
    browser: Browser, api: httpx.Client, serving: Serving
) -> None:
    found = person(api)
    with browsing(browser, serving.url, timezone_id="America/Los_Angeles") as page:
        sign_in(page, serving.secret, f"faces/people/{found}")
        page.get_by_role("button", name="Edit").click()
        page.get_by_label("Until").fill("2099-03-01")
        page.get_by_role("button", name="Save").click()
        # An end without a purpose is not sent.
        expect(page.get_by_label("Consent for")).to_be_focused()
        page.get_by_label("Consent for").fill("door badge")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("erased after Mar 1, 2099")).to_be_visible()
        assert api.get(f"/v1/people/{found}").json()["consent"]["expires_on"] == "2099-03-01"


def test_a_dialog_opens_at_once_and_once(page: Page, api: httpx.Client, serving: Serving) -> None:
    api.put("/v1/index/two.png", content=draw(ANA, BEN))
    sign_in(page, serving.secret, "faces/pictures/two.png")
    button = page.get_by_role("button", name="Name face 2")
    button.wait_for()
    person(api, "Cam")
    slow = Slow(page, "GET")
    button.dblclick()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_count(1)
    dialog.get_by_label("Name").fill("Cam")
    expect(dialog).not_to_contain_text("is known")
    slow.end()
    expect(dialog).to_contain_text("Cam is known, with 1 face.")
    # Who is asked about, and who has the name already.
    expect(dialog).to_contain_text("Face 2")
    expect(dialog.locator(".mug canvas")).to_have_count(2)


def test_the_way_back_leads_to_where_one_was(
    page: Page, parts: MemoryParts, serving: Serving
) -> None:
    picture = draw(ANA, size=(60, 60), sides=[30])
    for number in range(200):
        parts.application.faces.index(f"p{number:03}.png", picture)
    sign_in(page, serving.secret, "faces/pictures")
    page.get_by_role("link", name="p000.png").wait_for()
    page.evaluate("window.scrollTo(0, 3000)")
    link = page.get_by_role("link", name="p100.png")
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("p100.png")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    assert abs(page.evaluate("scrollY") - 3000) < 400
    page.get_by_role("link", name="Search").click()
    page.get_by_role("link", name="Pictures").click()
    page.get_by_role("link", name="p000.png").wait_for()
    assert page.evaluate("scrollY") == 0


def test_a_face_that_is_taken_away_leaves_all_else_in_its_place(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    found = person(api, pictures=15)
    page.set_viewport_size({"width": 375, "height": 500})
    sign_in(page, serving.secret, f"faces/people/{found}")
    button = page.get_by_role("listitem").filter(has_text="6.png")
    button.get_by_role("button", name="Not them").click()
    place = button.get_attribute("data-place")
    before = page.evaluate("scrollY")
    assert before > 300
    page.get_by_role("button", name="Take it away").click()
    expect(page.get_by_text("14 faces")).to_be_attached()
    expect(button).to_have_count(0)
    assert page.evaluate("scrollY") == before
    focused = page.locator(".cell:focus-within")
    expect(focused).to_have_attribute("data-place", place or "")
    expect(focused.get_by_role("button", name="Not them")).to_be_focused()


def test_the_focus_stays_with_what_was_done(
    page: Page, api: httpx.Client, serving: Serving, parts: MemoryParts
) -> None:
    api.put("/v1/index/two.png", content=draw(ANA, BEN))
    sign_in(page, serving.secret, "faces/pictures/two.png")
    page.get_by_role("button", name="Name face 2").press("Enter")
    page.get_by_role("combobox", name="Name").fill("Ben")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Reassign face 2")).to_be_focused()
    page.get_by_role("link", name="Ben").click()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Name").fill("Benno")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Benno")).to_be_visible()
    expect(page.get_by_role("button", name="Edit")).to_be_focused()

    secret = parts.application.keys.create("root", scope=KeyScope.ADMIN)[1]
    api.headers["x-api-key"] = secret
    api.post("/v1/keys", json={"name": "other"})
    sign_in(page, secret, "operate/keys")
    page.get_by_role("button", name="Rotate other").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Rotate other")).to_be_focused()
    page.get_by_role("button", name="Revoke other").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Revoke other")).to_have_count(0)
    assert page.evaluate("document.activeElement.tagName") in {"BUTTON", "H1"}


def test_people_are_in_order_and_found(page: Page, api: httpx.Client, serving: Serving) -> None:
    for name in ("\u05d3\u05e0\u05d9", "zoe", "Ana 10", "\u00c9va", "Ana 9"):
        api.post("/v1/people", json={"name": name})
    sign_in(page, serving.secret, "faces/people")
    names = page.locator(".tile-name")
    expect(names).to_have_text(["Ana 9", "Ana 10", "\u00c9va", "zoe", "\u05d3\u05e0\u05d9"])
    page.get_by_label("Find").fill("eva")
    expect(names).to_have_text(["\u00c9va"])
    names.click()
    expect(page.get_by_role("heading", name="\u00c9va")).to_be_visible()
    page.go_back()
    expect(names).to_have_text(["\u00c9va"])
    page.get_by_label("Find").fill("nobody")
    expect(page.get_by_text("Nobody is called that.")).to_be_visible()


def test_more_people_than_can_be_sorted_come_as_they_come(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    person(api)

    def many(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["collection"]["people"] = 25_000
        route.fulfill(response=answer, json=body)

    page.route("**/v1/info", many)
    sign_in(page, serving.secret, "faces/people")
    expect(page.get_by_text("25,000 people. More than 20,000 are not sorted")).to_be_visible()
    expect(page.get_by_role("list", name="People").get_by_text("Ana")).to_be_visible()


@pytest.mark.parametrize(
    ("route", "title"),
    [("faces/people", "People"), ("faces/pictures", "Pictures"), ("operate/settings", "Settings")],
)
def test_a_slow_page_has_its_head_at_once(
    page: Page, serving: Serving, route: str, title: str
) -> None:
    slow = Slow(page, "GET")
    sign_in(page, serving.secret, route)
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Loading")).to_be_visible()
    slow.end()
    expect(page.locator(".loading")).to_have_count(0)


def test_a_page_that_an_outage_kept_away_comes_by_itself(page: Page, serving: Serving) -> None:
    sign_in(page, serving.secret, "faces/people")
    expect(page.get_by_role("heading", name="Nobody has a name yet")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Pictures", exact=True).click()
    expect(page.get_by_role("heading", name="This page cannot be shown")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="No pictures yet")).to_be_visible()


def test_what_was_typed_stays_until_the_key_goes(page: Page, serving: Serving) -> None:
    sign_in(page, serving.secret, "apps")
    page.get_by_label("Search applications").fill("sql natural")
    expect(page.locator(".groups a")).to_have_count(1)
    page.goto("/#/apps/default-mood-color")
    page.get_by_label("Input").fill("A story of mine.")
    page.get_by_label("Palette size").fill("2")
    page.get_by_role("link", name="Faces").click()
    page.get_by_role("link", name="Apps").click()
    expect(page.get_by_label("Search applications")).to_have_value("sql natural")
    page.goto("/#/apps/default-mood-color")
    expect(page.get_by_label("Input")).to_have_value("A story of mine.")
    expect(page.get_by_label("Palette size")).to_have_value("2")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, serving.secret, "apps/default-mood-color")
    expect(page.get_by_label("Input")).not_to_have_value("A story of mine.")


def test_a_chat_keeps_what_is_typed_and_shows_what_was_said(
    page: Page, serving: Serving, stub: StubProvider
) -> None:
    stub.always = answers({"answer": "Paris", "reply": "Paris, obviously."})
    sign_in(page, serving.secret, MARV)
    message, run = page.get_by_label("Message"), page.get_by_role("button", name="Run")
    talk = page.get_by_role("list", name="Conversation").get_by_role("listitem")
    message.fill("The capital of France?")
    run.click()
    expect(page.locator(".answer .checks")).to_be_visible()
    expect(run).to_be_disabled()
    assert message.evaluate("at => at.matches(':user-invalid')") is False

    begun = threading.Event()

    async def slow(_seen: stub_provider.Seen, wire: stub_provider.Wire) -> None:
        await wire.begin_events()
        begun.set()
        await wire.until_left()

    stub.always = slow
    message.fill("And of Spain?")
    run.click()
    expect(talk).to_have_text(
        ["You: The capital of France?", "Answer: Paris, obviously.", "You: And of Spain?"]
    )
    message.fill("Typed meanwhile")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    expect(page.get_by_text("Waiting for the model")).to_have_count(0)
    expect(message).to_have_value("And of Spain?\nTyped meanwhile")
    expect(talk).to_have_count(2)

    run.click()
    expect(page.get_by_text("Waiting for the model")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    expect(talk).to_have_count(0)
    expect(message).to_have_value("")
    stub.always = answers({"answer": "Rome", "reply": "Rome, of course."})
    message.fill("Of Italy?")
    run.click()
    expect(page.locator(".answer")).to_contain_text("Rome, of course.")
    assert [one["content"] for one in stub.seen[-1].json["messages"]][-1:] == ["Of Italy?"]
    assert "Spain" not in str(stub.seen[-1].json["messages"])
    page.get_by_role("link", name="Faces").click()
    page.goto(f"/#/{MARV}")
    expect(talk).to_have_text(["You: Of Italy?", "Answer: Rome, of course."])


def test_on_a_phone_a_proof_is_seen_whole_and_code_is_not_covered(
    browser: Browser, api: httpx.Client, serving: Serving
) -> None:
    found = person(api)
    with browsing(browser, serving.url, width=375) as page:
        sign_in(page, serving.secret, f"faces/people/{found}")
        page.get_by_role("button", name="Erase").click()
        page.get_by_role("dialog").get_by_role("button", name="Erase").click()
        expect(page.get_by_role("dialog").get_by_role("heading")).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("button", name="Done")).to_be_focused()
        assert page.evaluate("document.querySelector('dialog').scrollTop") == 0
        page.get_by_role("button", name="Done").click()
        page.goto("/#/apps/default-mood-color")
        page.get_by_text("The same call as code").click()
        copy = page.get_by_role("button", name="Copy").bounding_box()
        block = page.locator(".code pre").bounding_box()
        assert copy
        assert block
        assert copy["y"] + copy["height"] <= block["y"]


def test_a_size_in_an_error_is_told_as_sizes_are(page: Page, serving: Serving) -> None:
    said = {"code": "image_too_large", "detail": "The body may have at most 15728640 bytes."}
    page.route("**/v1/keys*", lambda route: route.fulfill(status=413, json=said))
    sign_in(page, serving.secret, "operate/keys")
    expect(page.get_by_role("alert")).to_contain_text("The body may have at most 15.7 MB.")


def test_a_name_keeps_its_direction(page: Page, api: httpx.Client, serving: Serving) -> None:
    name = "\u05d0\u05e0\u05d4 (2)"
    sign_in(page, serving.secret, f"faces/people/{person(api, name)}")
    expect(page.get_by_role("heading", level=1)).to_have_attribute("dir", "auto")
    page.get_by_role("button", name="Erase").click()
    dialog = page.get_by_role("dialog", name=f"Erase {name}?")
    expect(dialog.locator("h2 bdi")).to_have_text(name)


def test_words_of_the_keys_table_are_whole(page: Page, parts: MemoryParts) -> None:
    keys = parts.application.keys
    for number in range(2):
        name = f"imports of the night, from the archive of the third house {number}"
        made = keys.create(name, scope=KeyScope.WRITE)[0]
    keys.revoke(made.key_id)
    sign_in(page, keys.create("root", scope=KeyScope.ADMIN)[1], "operate/keys")
    cell = page.get_by_role("cell", name=re.compile("Revoked"))
    for place in (cell.locator("div"), page.get_by_text(made.key_id)):
        assert place.evaluate("at => at.offsetHeight") < 40
