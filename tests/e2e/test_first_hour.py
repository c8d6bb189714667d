"""What somebody does in their first hour, on real models, real pictures and real processes."""

import io
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from cli_running import Ended, Process

pytestmark = [pytest.mark.models, pytest.mark.slow]

Command = Callable[..., Ended]
# Where two of the six people stand, in pixels of the group picture (left, top, right, bottom).
MAN_LEFT = (40, 250, 300, 560)
WOMAN_RIGHT = (1040, 240, 1280, 560)


@pytest.fixture
def people(tmp_path: Path, group_of_six: bytes) -> Path:
    """Single pictures of two of the group, as another camera would have taken them."""
    group = Image.open(io.BytesIO(group_of_six)).convert("RGB")
    folder = tmp_path / "people"
    for name, box in (("Ada", WOMAN_RIGHT), ("Bo", MAN_LEFT)):
        (folder / name).mkdir(parents=True)
        part = group.crop(box)
        part.resize((part.width * 2, part.height * 2)).save(folder / name / "1.jpg", quality=70)
    return folder


@pytest.fixture
def group(tmp_path: Path, group_of_six: bytes) -> Path:
    path = tmp_path / "group.jpg"
    path.write_bytes(group_of_six)
    return path


def search_over_http(server: Process, picture: bytes) -> dict[str, object]:
    request = urllib.request.Request(
        f"{server.url}/v1/search?all_faces=true",
        data=picture,
        method="POST",
        headers={"x-api-key": str(server.key)},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        body: dict[str, object] = json.load(answer)
        return body


def test_two_people_are_named_and_the_others_unknown_until_one_is_erased(
    start: Callable[[], Process], faceplate: Command, people: Path, group: Path, group_of_six: bytes
) -> None:
    server = start()
    report = faceplate("index", people, "--person-from", "folder", "--json").json
    assert report["indexed"] == 2

    faces = search_over_http(server, group_of_six)["allFaces"]
    assert isinstance(faces, list)
    names = [face["name"] for face in faces]
    assert sorted(name for name in names if name) == ["Ada", "Bo"]
    assert [face["status"] for face in faces].count("unknown") == 4

    same = faceplate("search", group, "--all-faces", "--json").json
    assert [face["name"] for face in same["allFaces"]] == names

    ada = next(
        person["person_id"]
        for person in faceplate("people", "list", "--json").json["people"]
        if person["name"] == "Ada"
    )
    proof = faceplate("people", "erase", ada, "--json").json
    assert proof["before"] == {"people": 1, "faces": 1, "vectors": 1, "bytes": 1}
    assert set(proof["after"].values()) == {0}
    left = faceplate("search", group, "--all-faces", "--json").json["allFaces"]
    assert [face["name"] for face in left if face["name"]] == ["Bo"]
    assert server.stop().code == 0


def test_a_bulk_index_goes_on_after_the_server_was_killed(
    start: Callable[[], Process],
    faceplate: Command,
    environment: dict[str, str],
    tmp_path: Path,
    astronaut: bytes,
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    picture = Image.open(io.BytesIO(astronaut)).convert("RGB")
    for number in range(60):
        picture.crop((0, 0, 512 - number, 512)).save(folder / f"{number:02}.jpg", quality=80)

    server = start()
    bulk = subprocess.Popen(
        [sys.executable, "-m", "faceplate.cli.main", "index", str(folder)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    request = urllib.request.Request(
        f"{server.url}/v1/images?limit=1000", headers={"x-api-key": str(server.key)}
    )
    done = 0
    while done < 5:
        with urllib.request.urlopen(request, timeout=30) as answer:
            done = len(json.load(answer)["images"])
        time.sleep(0.02)
    server.process.kill()
    assert bulk.wait(timeout=60) != 0

    start()
    first = {image["key"] for image in faceplate("images", "list", "--json").json["images"]}
    assert done <= len(first) < 60
    report = faceplate("index", folder, "--json").json
    assert report["unchanged"] == len(first)
    assert report["indexed"] == 60 - len(first)
    listing = faceplate("faces", "list", "--limit", "1000", "--json").json["faces"]
    assert len({face["image_key"] for face in listing}) == len(listing) == 60
