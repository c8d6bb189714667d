"""What adding and searching owe to those who do not wait: nothing is lost, replaced or hidden."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect

from build import ANA, ANA_AGAIN, BEN, CAM, Colour, build_memory_application, draw
from cli_running import Serving, serving_memory
from console_browsing import browsing, sign_in

pytestmark = [pytest.mark.slow]

FILES = "input[type=file]:not([webkitdirectory])"


@pytest.fixture
def serving() -> Iterator[Serving]:
    with serving_memory(build_memory_application()) as found:
        yield found


@pytest.fixture
def server(serving: Serving) -> Serving:
    return serving


def test_no_picture_takes_the_place_of_another_of_its_name_and_size(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    first, second = bitmap(ANA), bitmap(BEN)
    assert len(first) == len(second)
    api.put("/v1/index/scan.bmp", content=first)
    sign_in(page, serving.secret, "faces")
    # Both of the second at once: one of them is there when the other asks, or is on its way.
    choose(page, ("scan.bmp", second), ("scan.bmp", bitmap(CAM)), ("scan.bmp", first))
    expect(page.locator(".totals")).to_contain_text("3 of 3 pictures")
    keys = {image["key"] for image in api.get("/v1/images").json()["images"]}
    assert keys == {"scan.bmp", "scan (2).bmp", "scan (3).bmp"}
    assert api.get("/v1/images/scan.bmp").content == first
    expect(page.locator(".result").filter(has_text="It was there already.")).to_have_count(1)
    expect(page.locator(".result").filter(has_text="It replaced")).to_have_count(0)


def test_where_pictures_cannot_be_compared_they_are_kept_side_by_side(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    page.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
    api.put("/v1/index/scan.bmp", content=bitmap(ANA))
    sign_in(page, serving.secret, "faces")
    choose(page, ("scan.bmp", bitmap(BEN)))
    expect(card(page, "scan.bmp")).to_contain_text("Kept as scan (2).bmp")
    assert api.get("/v1/images/scan.bmp").content == bitmap(ANA)


def test_pictures_are_added_on_while_another_page_is_open(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    held: list[Route] = []
    sign_in(page, serving.secret, "faces")

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/v1/index/**", hold)
    choose(page, *[(f"{n}.png", draw(ANA, size=(300, 200 + n))) for n in range(3)])
    expect(page.locator(".totals")).to_contain_text("0 of 3 pictures")
    adding = page.get_by_role("link", name="Adding 0 of 3")
    expect(adding).to_be_hidden()
    assert leaving_is_asked(page)
    page.get_by_role("link", name="People").click()
    expect(adding).to_be_visible()
    page.unroute("**/v1/index/**")
    for route in held:
        route.fallback()
    expect(page.locator("#live")).to_contain_text("3 pictures added.")
    expect(page.locator(".elsewhere")).to_be_hidden()
    assert not leaving_is_asked(page)
    assert len(api.get("/v1/images").json()["images"]) == 3
    page.go_back()
    expect(page.locator(".totals")).to_contain_text("3 of 3 pictures")
    expect(page.locator(".result")).to_have_count(3)
    # What was shown to one key is not shown to another.
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, serving.secret, "faces/search")
    page.get_by_role("link", name="Add", exact=True).click()
    expect(page.locator(".drop")).to_be_visible()
    expect(page.locator(".result")).to_have_count(0)


def test_stop_ends_what_waits_for_its_turn_and_a_look_up_waits_for_its(
    page: Page, serving: Serving
) -> None:
    sign_in(page, serving.secret, "faces")
    asked = refuse(page, "**/v1/index/**", times=99)
    choose(page, *[(f"{n}.png", draw(ANA, size=(300, 200 + n))) for n in range(5)])
    expect(page.locator(".totals")).to_contain_text("0 of 5 pictures")
    page.wait_for_timeout(300)
    assert asked
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".totals")).to_have_text("")
    before = len(asked)
    page.wait_for_timeout(1300)
    assert len(asked) == before
    page.unroute("**/v1/index/**")
    asked = refuse(page, "**/v1/images/*/faces", times=1)
    choose(page, ("one.png", draw(ANA)))
    expect(card(page, "one.png").get_by_role("button", name="Name face 1")).to_be_visible()
    page.wait_for_timeout(1200)
    assert len(asked) == 2
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_gallery_is_filled_as_fast_as_the_key_may(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    for name, colour in (("a", ANA), ("b", BEN), ("c", CAM)):
        api.put(f"/v1/index/{name}.png", params={"person": name}, content=draw(colour))
    refuse(page, "**/v1/images/?.png", times=3)
    refuse(page, "**/v1/people/*/faces*", times=2)
    sign_in(page, serving.secret, "faces/people")
    expect(page.locator(".tile canvas")).to_have_count(3)
    page.route("**/v1/images/b.png", lambda route: route.fulfill(status=500, body="{}"))
    page.get_by_role("link", name="Pictures", exact=True).click()
    expect(page.locator(".tile canvas")).to_have_count(2)
    # One that could not be fetched does not look like one whose bytes were erased.
    expect(page.locator(".thumb.failed")).to_have_count(1)
    expect(page.locator(".thumb.unseen")).to_have_count(0)


def test_answers_and_their_bar_are_there_when_one_comes_back(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    api.put("/v1/index/ana.png", params={"person": "Ana"}, content=draw(ANA))
    sign_in(page, serving.secret, "faces/search")
    page.get_by_role("button", name=re.compile("^Album")).click()
    bar = page.get_by_role("slider").input_value()
    choose(page, ("who.png", draw(ANA_AGAIN)))
    found = page.get_by_role("article", name="who.png")
    expect(found).to_contain_text("1 face, 1 known")
    found.get_by_role("link", name="Ana", exact=True).click()
    expect(page.get_by_role("heading", name="Ana")).to_be_visible()
    person = api.get("/v1/people").json()["people"][0]["person_id"]
    api.patch(f"/v1/people/{person}", json={"name": "Anna"})
    page.go_back()
    expect(found.get_by_role("link", name="Anna", exact=True)).to_be_visible()
    expect(page.get_by_role("slider")).to_have_value(bar)


def test_a_match_that_belongs_to_nobody_is_not_called_after_its_picture(
    page: Page, api: httpx.Client, serving: Serving
) -> None:
    api.put("/v1/index/nine.png", content=draw(BEN))
    api.put("/v1/index/ana.png", params={"person": "Ana"}, content=draw(ANA))
    sign_in(page, serving.secret, "faces/search")
    choose(page, ("who.png", draw(ANA_AGAIN, (44, 62, 198))))
    found = page.get_by_role("article", name="who.png")
    expect(found).to_contain_text("2 faces, 2 matched, 1 with a name")
    expect(found).to_contain_text("Unnamed, seen in nine.png")
    found.get_by_role("button", name="Name face 2").click()
    dialog = page.get_by_role("dialog", name="Who is this?")
    dialog.get_by_label("Name").fill("Ben")
    dialog.get_by_role("button", name="Save the name").click()
    expect(found).to_contain_text("2 faces, 2 known")
    expect(found.get_by_role("link", name="Ben", exact=True)).to_be_visible()


def test_a_picture_without_a_face_is_shown_whole_and_nothing_takes_no_room(
    page: Page, serving: Serving
) -> None:
    sign_in(page, serving.secret, "faces/search")
    wide = io.BytesIO()
    Image.new("RGB", (1500, 300), "white").save(wide, "PNG")
    choose(page, ("wall.png", wide.getvalue()), ("notes.jpg", b"Some words."), ("x.txt", b""))
    wall = page.get_by_role("article", name="wall.png")
    expect(wall).to_contain_text("No face in this picture.")
    (stage,), (canvas,) = rectangles(wall.locator(".stage")), rectangles(wall.locator("canvas"))
    assert canvas["width"] < stage["width"]
    notes = page.get_by_role("article", name="notes.jpg")
    expect(notes).to_contain_text("This is not a picture.")
    expect(notes.locator(".stage")).to_be_hidden()
    expect(page.get_by_text("1 other file passed over.")).to_be_visible()
    choose(page, *[(f"{n}.png", draw(ANA)) for n in range(12)])
    expect(page.get_by_text("The first 10 of 12 pictures are searched.")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(10)


@pytest.mark.parametrize("width", [375, 1440])
def test_labels_do_not_cover_one_another_and_keep_their_scores(
    browser: Browser, serving: Serving, api: httpx.Client, width: int
) -> None:
    name = "דנה " + "of a very long name indeed " * 2
    people = [(name, ANA), ("Ben", BEN), ("Cam", CAM)]
    for place, (each, colour) in enumerate(people):
        api.put(f"/v1/index/{place}.png", params={"person": each}, content=draw(colour))
    with browsing(browser, serving.url, width=width) as page:
        sign_in(page, serving.secret, "faces/search")
        choose(page, ("low.png", draw(ANA, BEN, CAM, size=(330, 120))))
        found = page.get_by_role("article", name="low.png")
        expect(found).to_contain_text("3 faces, 3 known")
        apart(page.locator(".box-text"))
        shown = found.locator(".box-text").filter(has_text="דנה")
        expect(shown.locator("bdi")).to_have_text(name.strip())
        # The line of the list lights up its box, which then says all there is to say.
        found.get_by_role("link", name=re.compile("דנה")).first.focus()
        expect(shown.locator("span")).to_be_visible()
        (score,), (label,) = rectangles(shown.locator("span")), rectangles(shown)
        assert score["right"] <= label["right"]
        expect(found.locator(".box.lit")).to_have_count(1)


def test_a_crowd_has_numbers_and_a_card_that_can_be_read(page: Page, serving: Serving) -> None:
    colours = [(200 - 9 * n, 30 + 8 * n, (70 * n) % 250) for n in range(14)]
    crowd = draw(*colours, size=(800, 60), sides=[34 - n // 2 for n in range(14)])
    sign_in(page, serving.secret, "faces")
    choose(page, ("crowd.png", crowd))
    lines = card(page, "crowd.png").get_by_role("listitem")
    expect(lines).to_have_count(8)
    page.get_by_text("6 more faces").click()
    expect(lines).to_have_count(14)
    inside(page.locator(".media"), page.locator(".box-text"))
    page.goto("/#/faces/pictures/crowd.png")
    expect(page.locator(".box-text b")).to_have_count(14)
    expect(page.locator(".box-text bdi").first).to_be_hidden()
    apart(page.locator(".box-text"))


def test_faces_are_not_given_to_nobody_without_a_word(page: Page, serving: Serving) -> None:
    sign_in(page, serving.secret, "faces")
    page.get_by_text("Options").click()
    owner = page.get_by_label("The faces belong to")
    owner.select_option("One person, in all pictures")
    expect(page.get_by_label("Whose")).to_be_visible()
    choose(page, ("a.png", draw(ANA)))
    expect(page.get_by_text("Whose faces are they?")).to_be_visible()
    expect(page.locator(".result")).to_have_count(0)
    expect(page.get_by_label("Whose")).to_be_focused()
    owner.select_option("Whom their folder is named after")
    choose(page, ("a.png", draw(ANA)), ("big.jpg", b"\xff\xd8\xff" + b"." * 400_000))
    expect(card(page, "a.png")).to_contain_text("the picture came without a folder")
    expect(page.locator(".result").filter(has_text="big.jpg")).to_contain_text("Refused")


def test_the_bar_moves_while_faces_are_looked_for(page: Page, serving: Serving) -> None:
    sign_in(page, serving.secret, "faces")
    page.evaluate(
        "new MutationObserver(() => { const bar = document.querySelector('progress');"
        "if (bar && document.querySelector('.result').textContent.includes('Looking'))"
        "window.undecided = bar.position; }).observe(document.body, {subtree: true,"
        "childList: true, attributes: true, characterData: true})"
    )
    choose(page, ("a.png", draw(ANA)))
    expect(card(page, "a.png").get_by_role("button", name="Name face 1")).to_be_visible()
    assert page.evaluate("window.undecided") == -1


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    rows: list[Any] = [
        {
            "name": name,
            "mimeType": "text/plain" if name[-3:] == "txt" else "image/x",
            "buffer": data,
        }
        for name, data in files
    ]
    page.locator(FILES).set_input_files(rows)


def card(page: Page, name: str) -> Locator:
    return page.locator(".result").filter(has=page.get_by_role("heading", name=name))


def refuse(page: Page, pattern: str, times: int) -> list[str]:
    """Answer as to a key that asks too often; return the addresses that were asked for."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > times:
            route.fallback()
        else:
            headers = {"retry-after": "1"}
            route.fulfill(status=429, headers=headers, json={"code": "rate_limited"})

    page.route(pattern, answer)
    return asked


def leaving_is_asked(page: Page) -> bool:
    kept: bool = page.evaluate(
        "window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"
    )
    return not kept


def bitmap(colour: Colour) -> bytes:
    return draw(colour, form="BMP")


def rectangles(found: Locator) -> list[dict[str, float]]:
    rows: list[dict[str, float]] = found.evaluate_all(
        "all => all.map((at) => at.getBoundingClientRect().toJSON())"
    )
    return rows


def apart(found: Locator) -> None:
    rows = rectangles(found)
    assert len(rows) > 2
    for place, one in enumerate(rows):
        for other in rows[place + 1 :]:
            assert (
                one["right"] <= other["left"]
                or other["right"] <= one["left"]
                or one["bottom"] <= other["top"]
                or other["bottom"] <= one["top"]
            ), (one, other)


def inside(outer: Locator, found: Locator) -> None:
    (around,) = rectangles(outer)
    for one in rectangles(found):
        assert around["top"] <= one["top"] <= one["bottom"] <= around["bottom"], one
