"""Exports that are damaged, malformed, or made to do harm."""

import hashlib
import json
import tracemalloc
import zipfile

import pytest

from build import ANA, draw
from faceplate.cli.faces_export import FORMAT, VERSION
from faceplate.domain.images import MAX_PICTURE_BYTES

DATA = draw(ANA)
SHA256 = hashlib.sha256(DATA).hexdigest()
PICTURE = f"images/{SHA256}"
BOX = {"Left": 0.025, "Top": 0.1, "Width": 0.25, "Height": 0.5}
FACE = {"FaceId": "f", "BoundingBox": BOX, "person_id": "ana"}
IMAGE = {
    "key": "a.png",
    "sha256": SHA256,
    "content_type": "image/png",
    "metadata": {},
    "faces": [FACE],
}
PERSON = {"person_id": "ana", "name": "Ana", "metadata": {}, "consent": None}
MEMBERS = {
    "manifest.json": json.dumps({"format": FORMAT, "version": VERSION}),
    "people.jsonl": json.dumps(PERSON) + "\n",
    "images.jsonl": json.dumps(IMAGE) + "\n",
    PICTURE: DATA,
}


@pytest.fixture
def export(tmp_path):
    """Write an export with some members changed, or left out where the change is None."""

    def write(changes):
        path = tmp_path / "export.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in {**MEMBERS, **changes}.items():
                if data is not None:
                    archive.writestr(name, data)
        return path

    return write


def test_a_good_one_comes_in(remote, export):
    report = remote("faces", "import", export({}))
    assert report == {"images": 1, "people": 1, "faces": 1, "faces_not_found": 0, "refused": {}}
    assert remote("faces", "list")["faces"][0]["person_id"] == "ana"


@pytest.mark.parametrize(
    "changes",
    [
        {"manifest.json": "[1]"},
        {"manifest.json": "{}"},
        {"manifest.json": ""},
        {"manifest.json": " " * 5_000_000},
        {"manifest.json": None},
        {"images.jsonl": "5"},
        {"images.jsonl": "[" * 100_000},
        {"images.jsonl": json.dumps({**IMAGE, "key": 5})},
        {"images.jsonl": json.dumps({**IMAGE, "key": "\ud800"})},
        {"images.jsonl": json.dumps({**IMAGE, "sha256": "../manifest.json"})},
        {"images.jsonl": json.dumps({**IMAGE, "metadata": {"a": 1}})},
        {"images.jsonl": json.dumps({**IMAGE, "faces": [{**FACE, "BoundingBox": None}]})},
        {"images.jsonl": json.dumps({**IMAGE, "faces": [{**FACE, "person_id": 5}]})},
        {"images.jsonl": json.dumps(IMAGE).replace("0.025", "NaN")},
        {"images.jsonl": " " * 5_000_000},
        {"images.jsonl": None},
        {"people.jsonl": "[1]"},
        {"people.jsonl": json.dumps({**PERSON, "person_id": ""})},
        {"people.jsonl": b"\xff"},
        {PICTURE: None},
    ],
)
def test_a_malformed_one_is_refused_before_anything_is_sent(
    inside, remote, serving, export, changes
):
    ended = inside("faces", "import", export(changes), *serving.where)
    assert (ended.code, "[export_invalid]" in ended.err) == (3, True), ended.err
    assert remote("people", "list")["people"] == []


@pytest.mark.parametrize("place", [0, 60])
def test_damage_inside_a_member_is_told(inside, serving, export, place):
    path = export({})
    data = bytearray(path.read_bytes())
    start = data.index(b"images.jsonl") + len("images.jsonl") + place
    data[start : start + 8] = b"\xff" * 8
    path.write_bytes(data)
    ended = inside("faces", "import", path, *serving.where)
    assert (ended.code, "[export_invalid]" in ended.err) == (3, True), ended.err


def test_a_picture_that_cannot_be_unpacked_is_counted(remote, export):
    path = export({})
    data = bytearray(path.read_bytes())
    start = data.index(PICTURE.encode()) + len(PICTURE) + 10
    data[start : start + 8] = b"\xff" * 8
    path.write_bytes(data)
    assert remote("faces", "import", path, code=20)["refused"] == {"export_damaged": 1}


def test_somebody_who_is_not_there_gets_no_face_and_is_counted(remote, export):
    lines = "".join(
        json.dumps({**IMAGE, "key": key, "faces": [{**FACE, "person_id": person}]}) + "\n"
        for key, person in (("a.png", "nobody"), ("b.png", "ana"))
    )
    report = remote("faces", "import", export({"images.jsonl": lines}), code=20)
    assert (report["images"], report["refused"]) == (2, {"person_not_found": 1})
    people = {face["image_key"]: face["person_id"] for face in remote("faces", "list")["faces"]}
    assert people == {"a.png": None, "b.png": "ana"}


def test_a_picture_that_unpacks_to_more_than_any_may_have_is_not_unpacked(remote, tmp_path, export):
    path, vast = export({}), tmp_path / "vast.zip"
    with zipfile.ZipFile(path) as good, zipfile.ZipFile(vast, "w", zipfile.ZIP_DEFLATED) as bad:
        for name in good.namelist():
            if name != PICTURE:
                bad.writestr(name, good.read(name))
        with bad.open(PICTURE, "w") as file:
            for _ in range(MAX_PICTURE_BYTES // (1 << 22) + 1):
                file.write(bytes(1 << 22))
    tracemalloc.start()
    report = remote("faces", "import", vast, code=20)
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
    assert report["refused"] == {"image_too_large": 1}
