"""Add, search and look, with real face models and real pictures."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

import pictures
from console_browsing import Site, browsing, sign_in

pytestmark = [pytest.mark.models, pytest.mark.slow]

FILES = "input[type=file]:not([webkitdirectory])"


@pytest.fixture(autouse=True)
def _empty(api: httpx.Client) -> None:
    """Each test begins with a collection that knows nobody."""
    for image in api.get("/v1/images").json()["images"]:
        api.delete(f"/v1/images/{image['key']}")
    for person in api.get("/v1/people").json()["people"]:
        api.delete(f"/v1/people/{person['person_id']}")


def test_dropped_pictures_come_back_with_their_faces(page: Page, api: httpx.Client) -> None:
    sign_in(page, route="faces")
    drop(page, {"astronaut.png": pictures.astronaut(), "six.jpg": pictures.group_of_six()})
    expect(page.locator(".totals")).to_have_text("2 of 2 pictures · 7 faces")
    group = card(page, "six.jpg")
    expect(group.locator(".box.unknown")).to_have_count(6)
    expect(group.get_by_role("button", name=re.compile("Name face"))).to_have_count(6)
    stored = {image["key"] for image in api.get("/v1/images").json()["images"]}
    assert stored == {"astronaut.png", "six.jpg"}


def test_a_folder_is_walked_and_names_its_people(
    page: Page, tmp_path: Path, api: httpx.Client
) -> None:
    folder = tmp_path / "people" / "Ana"
    folder.mkdir(parents=True)
    (folder / "one.png").write_bytes(pictures.astronaut().read_bytes())
    (folder / "notes.txt").write_text("no picture")
    sign_in(page, route="faces")
    page.get_by_text("Options").click()
    page.get_by_label("The faces belong to").select_option("Whom their folder is named after")
    page.locator("input[webkitdirectory]").set_input_files(tmp_path / "people")
    expect(page.locator(".totals")).to_contain_text("1 of 1 picture · 1 face · 1 other file passed")
    expect(card(page, "people/Ana/one.png")).to_contain_text("Ana")
    assert [one["name"] for one in api.get("/v1/people").json()["people"]] == ["Ana"]


def test_duplicates_refusals_and_no_face_are_told_apart(page: Page, api: httpx.Client) -> None:
    astronaut = pictures.astronaut().read_bytes()
    api.put("/v1/index/first.png", content=astronaut)
    api.put("/v1/index/name.png", content=plain_picture("green"))
    sign_in(page, route="faces")
    drop(
        page,
        {
            "first.png": astronaut,
            "second.png": astronaut,
            "name.png": plain_picture("white", side=300),
            "<img src=x onerror=alert(1)>.png": b"not a picture at all",
        },
    )
    expect(page.locator(".totals")).to_have_text(
        "4 of 4 pictures · 2 faces · 1 without a face · 2 duplicates · 1 refused"
    )
    expect(card(page, "first.png")).to_contain_text("It was there already.")
    expect(card(page, "second.png")).to_contain_text("A duplicate")
    expect(card(page, "name.png")).to_contain_text("No face was found.")
    # A name that is taken by another picture does not cost that picture.
    expect(card(page, "name.png")).to_contain_text("Kept as name (2).png")
    refused = page.get_by_role("listitem").filter(has_text="onerror")
    expect(refused).to_contain_text("Refused")
    expect(refused).to_contain_text("image_format_unsupported")


def test_a_known_face_is_recognised_while_it_is_added(page: Page, api: httpx.Client) -> None:
    api.put("/v1/index/known.png", params={"person": "Eileen"}, content=astronaut_bytes())
    sign_in(page, route="faces")
    drop(page, {"again.jpg": other_encoding(astronaut_bytes())})
    again = card(page, "again.jpg")
    expect(again).to_contain_text(re.compile(r"Looks like Eileen, 99\.\d %"))
    again.get_by_role("button", name="Confirm face 1").click()
    dialog = page.get_by_role("dialog", name="Who is this?")
    expect(dialog).to_contain_text("Eileen is known, with 1 face.")
    dialog.get_by_role("button", name="Save the name").click()
    expect(again.get_by_role("button", name="Reassign face 1")).to_be_visible()
    assert api.get("/v1/people").json()["people"][0]["face_count"] == 2


def test_a_search_boxes_every_face_with_a_name_or_unknown(page: Page, api: httpx.Client) -> None:
    named = name_largest(api, "six.jpg", pictures.group_of_six().read_bytes(), "<b>Ana</b>")
    api.put("/v1/index/astronaut.png", content=astronaut_bytes())
    for face in api.get("/v1/images/six.jpg/faces").json()["faces"]:
        if face["FaceId"] != named:
            api.delete(f"/v1/faces/{face['FaceId']}")
    sign_in(page, route="faces/search")
    drop(page, {"who.jpg": other_encoding(pictures.group_of_six().read_bytes())})
    found = page.get_by_role("article", name="who.jpg")
    expect(found).to_contain_text("6 faces, 1 known")
    matched, unknown = found.locator(".box.matched"), found.locator(".box.unknown")
    expect(matched).to_have_count(1)
    expect(unknown).to_have_count(5)
    expect(matched).to_contain_text(re.compile(r"<b>Ana</b> 99\.\d %"))
    expect(unknown.first).to_contain_text("Unknown, closest")
    # Not colour alone: the lines differ as well.
    styles = [
        box.evaluate("at => getComputedStyle(at).borderStyle") for box in (matched, unknown.first)
    ]
    assert styles == ["solid", "dashed"]
    expect(found.get_by_role("link", name="<b>Ana</b>")).to_have_attribute(
        "href", re.compile("#/faces/people/")
    )
    # A face that is kept and belongs to nobody is called after its picture.
    drop(page, {"portrait.png": astronaut_bytes()})
    portrait = page.get_by_role("article", name="portrait.png")
    expect(portrait.get_by_role("link", name="astronaut.png").first).to_be_visible()


def test_the_slider_decides_with_presets_that_say_what_they_mean(
    page: Page, api: httpx.Client
) -> None:
    api.put("/v1/index/a.png", params={"person": "Eileen"}, content=astronaut_bytes())
    sign_in(page, route="faces/search")
    slider = page.get_by_role("slider", name="Least similarity that counts as a match")
    expect(slider).to_have_value("90")
    for name, preset in api.get("/v1/info").json()["presets"].items():
        button = page.get_by_role(
            "button", name=re.compile(f"^{name.replace('-', ' ')} ", re.IGNORECASE)
        )
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(slider).to_have_value(f"{preset['min_similarity']:g}")
        expect(page.get_by_role("region", name="Similarity")).to_contain_text(preset["meaning"])
    drop(page, {"small.jpg": other_encoding(astronaut_bytes(), quality=60)})
    found = page.get_by_role("article", name="small.jpg")
    expect(found).to_contain_text("1 face, 1 known")
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^100 percent"))
    expect(found).to_contain_text("1 face, 0 known")
    expect(found).to_contain_text(re.compile(r"The closest is 99\.\d % alike"))


def test_a_picture_without_a_face_and_a_refused_one_say_so(page: Page, api: httpx.Client) -> None:
    api.put("/v1/index/a.png", content=astronaut_bytes())
    sign_in(page, route="faces/search")
    drop(page, {"wall.png": plain_picture("white", side=300)})
    expect(page.get_by_role("article", name="wall.png")).to_contain_text("No face in this picture.")
    drop(page, {"broken.jpg": b"\xff\xd8\xff broken"})
    broken = page.get_by_role("article", name="broken.jpg")
    expect(broken.get_by_role("alert")).to_be_visible()


def test_a_picture_can_be_pasted(page: Page, api: httpx.Client) -> None:
    api.put("/v1/index/a.png", params={"person": "Eileen"}, content=astronaut_bytes())
    sign_in(page, route="faces/search")
    page.locator(".drop").wait_for()
    transfer = transfer_of(page, {"image.png": astronaut_bytes()})
    page.evaluate(
        "data => document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data}))",
        transfer,
    )
    found = page.get_by_role("article", name=re.compile("pasted-.*image.png"))
    expect(found).to_contain_text("Eileen")


def test_the_camera_takes_a_picture_and_is_off_again(page: Page) -> None:
    sign_in(page, route="faces/search")
    page.evaluate(
        "const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia = async (...all) => window.stream = await get(...all);"
        "null"
    )
    page.get_by_role("button", name="Camera").click()
    dialog = page.get_by_role("dialog", name="Take a picture")
    expect(dialog).to_contain_text("Nothing is sent before")
    dialog.get_by_role("button", name="Take the picture").click()
    # The browser's pretended camera shows no face.
    expect(page.get_by_role("article", name=re.compile("camera-"))).to_be_visible()
    assert page.evaluate("stream.getTracks().every((track) => track.readyState === 'ended')")


def test_pictures_that_could_not_be_sent_are_sent_when_the_server_is_back(page: Page) -> None:
    sign_in(page, route="faces")
    expect(page.get_by_role("heading", name="Add pictures")).to_be_visible()
    page.context.set_offline(True)
    drop(page, {"a.png": pictures.astronaut(), "b.jpg": pictures.group_of_six()})
    expect(page.locator("#gone")).to_contain_text("The server does not answer.")
    expect(page.locator(".totals")).to_contain_text("0 of 2 pictures")
    page.context.set_offline(False)
    expect(page.locator(".totals")).to_have_text("2 of 2 pictures · 7 faces")


@pytest.mark.parametrize("width", [375, 1440])
def test_boxes_lie_where_the_faces_are(browser: Browser, served: Site, api, width: int) -> None:
    content = pictures.group_of_six().read_bytes()
    answer = api.put("/v1/index/six.jpg", content=content).json()
    with browsing(browser, served.url, width=width) as page:
        sign_in(page, route="faces/pictures/six.jpg")
        expect(page.locator(".framed .box")).to_have_count(6)
        frame = page.locator(".framed canvas").bounding_box()
        shown = page.locator(".framed .box").evaluate_all(
            "all => all.map((at) => at.getBoundingClientRect().toJSON())"
        )
        assert frame
        for record in answer["FaceRecords"]:
            box = record["Face"]["BoundingBox"]
            left = frame["x"] + box["Left"] * frame["width"]
            top = frame["y"] + box["Top"] * frame["height"]
            assert any(
                abs(one["x"] - left) < 1
                and abs(one["y"] - top) < 1
                and abs(one["width"] - box["Width"] * frame["width"]) < 1.5
                for one in shown
            )
        labels = page.locator(".box-text").evaluate_all(
            "all => all.map((at) => at.getBoundingClientRect().toJSON())"
        )
        for place, one in enumerate(labels):
            for other in labels[place + 1 :]:
                apart = (
                    one["right"] <= other["left"]
                    or other["right"] <= one["left"]
                    or one["bottom"] <= other["top"]
                    or other["bottom"] <= one["top"]
                )
                assert apart, json.dumps([one, other])


def drop(page: Page, files: dict[str, Path | bytes]) -> None:
    """Drop files on the page's zone, as a person does."""
    held = {
        name: content if isinstance(content, bytes) else content.read_bytes()
        for name, content in files.items()
    }
    zone = page.locator(".drop")
    transfer = transfer_of(page, held)
    for kind in ("dragenter", "dragover", "drop"):
        zone.dispatch_event(kind, {"dataTransfer": transfer})


def transfer_of(page: Page, files: dict[str, bytes]):
    rows = [[name, base64.b64encode(content).decode()] for name, content in files.items()]
    return page.evaluate_handle(
        "rows => { const held = new DataTransfer(); for (const [name, text] of rows) {"
        "const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));"
        "const type = name.endsWith('png') ? 'image/png' : 'image/jpeg';"
        "held.items.add(new File([bytes], name, {type}));} return held; }",
        rows,
    )


def card(page: Page, name: str) -> Locator:
    return page.locator(".result").filter(has=page.get_by_role("heading", name=name))


def astronaut_bytes() -> bytes:
    return pictures.astronaut().read_bytes()


def other_encoding(content: bytes, quality: int = 88) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(content)).convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def plain_picture(colour: str, side: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "PNG")
    return out.getvalue()


def name_largest(api: httpx.Client, key: str, content: bytes, name: str) -> str:
    """Index a picture and give its largest face to a new person."""
    face = api.put(f"/v1/index/{key}", content=content).json()["FaceRecords"][0]["Face"]["FaceId"]
    person = api.post("/v1/people", json={"name": name}).json()["person_id"]
    given = api.put(f"/v1/people/{person}/faces", json={"face_ids": [face]}).json()
    assert given["failed"] == []
    found: str = face
    return found
