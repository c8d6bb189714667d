"""Every verb against a server: what it prints and how it ends."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace

import pytest
from PIL import Image

from build import ANA, BEN, CAM, draw
from faceplate.domain.errors import FaceplateError, Unsupported


@pytest.fixture
def ana(remote, photos):
    """Index one picture of Ana and return her only face and her person_id."""
    remote("index", photos / "people" / "Ana" / "1.png", "--person-from", "folder")
    face = remote("faces", "list")["faces"][0]
    return face["FaceId"], face["person_id"]


def save(tmp_path, name, *colours):
    path = tmp_path / name
    path.write_bytes(draw(*colours, size=(700, 200)))
    return path


def test_search_names_the_known_and_says_unknown(remote, inside, serving, photos):
    remote("index", photos / "people", "--person-from", "folder")
    found = remote("search", photos / "group.png", "--all-faces")
    assert [face["name"] for face in found["allFaces"]] == ["Ana", "Ben", None]
    assert [face["status"] for face in found["allFaces"]] == ["matched", "matched", "unknown"]
    shown = inside("search", photos / "group.png", "--all-faces", *serving.where)
    rows = [line for line in shown.out.splitlines() if "%" in line]
    assert [name in row for name, row in zip(("Ana", "Ben", "unknown"), rows, strict=True)] == [
        True,
        True,
        True,
    ]
    assert "at least 90" in shown.err


def test_search_for_the_largest_face(remote, inside, serving, photos, tmp_path):
    remote("index", photos / "people", "--person-from", "folder")
    stranger = save(tmp_path, "stranger.png", CAM)
    assert remote("search", photos / "group.png")["name"] == "Ana"
    assert remote("search", stranger)["status"] == "unknown"
    assert "unknown" in inside("search", stranger, *serving.where).out
    assert "Ana" in inside("search", photos / "group.png", *serving.where).out


def test_search_options_reach_the_server(remote, photos):
    remote("index", photos / "people")
    found = remote("search", photos / "group.png", "--min-similarity", "badge", "--limit", "1")
    assert found["min_similarity"] == 95
    assert len(found["faces"]["FaceMatches"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["search", "photos/nobody.png"], 4, "no_face_found"),
        (["search", "photos/broken.jpg"], 3, "image_"),
        (["search", "photos/none.jpg"], 3, "file_unreadable"),
        (["search", "photos/group.png", "--min-similarity", "sure"], 3, "invalid_parameter"),
        (["faces", "show", "6b0c3a52-6b4c-5d0f-9a58-4f3d9c1f7a10"], 7, "face_not_found"),
        (["people", "show", "nobody"], 7, "person_not_found"),
        (["images", "show", "nothing/here.jpg"], 7, "image_not_found"),
        (["keys", "revoke", "000000000000"], 7, "key_not_found"),
        (["uploads", "status", "none"], 7, "upload_not_found"),
        (["faces", "query", "DROP TABLE faces"], 3, "invalid_query"),
        (["backup", "b.tar"], 6, "local_key_needed"),
        (["restore", "b.tar"], 3, "invalid_parameter"),
        (["people", "update", "p"], 3, "invalid_parameter"),
        (["people", "create", "A", "--expires-on", "2030-01-01"], 3, "invalid_parameter"),
        (["index", "nowhere"], 3, "path_not_found"),
        (["index", "photos", "--metadata", "x"], 3, "invalid_parameter"),
    ],
)
@pytest.mark.usefixtures("photos")
def test_errors_are_one_sentence_with_a_code(inside, serving, arguments, code, says):
    if arguments[:2] == ["faces", "query"] and not has_queries(serving):
        code, says = 9, "query_unsupported"
    ended = inside(*arguments, *serving.where)
    assert ended.code == code, ended.err
    assert ended.err.startswith("Error: ")
    assert says in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def has_queries(serving):
    try:
        serving.parts.application.faces.query("SELECT FaceId FROM faces")
    except Unsupported:
        return False
    except FaceplateError:
        return True
    return True


def test_wrong_key_and_no_server(inside, serving):
    ended = inside("info", "--url", serving.url, "--api-key", "fp_wrong")
    assert (ended.code, "[unauthenticated]" in ended.err) == (5, True)
    ended = inside("info", "--url", serving.url)
    assert ended.code == 5
    ended = inside("info", "--url", "ftp://x")
    assert (ended.code, "[url_invalid]" in ended.err) == (13, True)


def test_url_and_key_from_the_environment(inside, serving):
    ended = inside("info", "--json", FACEPLATE_URL=serving.url, FACEPLATE_API_KEY=serving.secret)
    assert ended.json["name"] == "faceplate"


def test_scope_decides(inside, remote, serving, photos):
    secret = remote("keys", "create", "reader", "--scope", "read")["secret"]
    ended = inside("index", photos, "--url", serving.url, "--api-key", secret)
    assert (ended.code, "[scope_too_small]" in ended.err) == (6, True)


def test_compare(remote, inside, serving, photos):
    ana = photos / "people" / "Ana" / "1.png"
    found = remote("compare", ana, photos / "group.png")
    assert (len(found["FaceMatches"]), len(found["UnmatchedFaces"])) == (1, 2)
    shown = inside("compare", ana, photos / "group.png", *serving.where)
    assert (shown.out.count("match"), shown.out.count("no match")) == (3, 2)
    assert inside("compare", photos / "nobody.png", ana, *serving.where).code == 4


@pytest.mark.parametrize(("name", "form"), [("boxes.png", "PNG"), ("boxes.jpg", "JPEG")])
def test_detect_draws_boxes(remote, photos, tmp_path, name, form):
    found = remote("detect", photos / "group.png", "--out", tmp_path / name)
    assert len(found["FaceDetails"]) == 3
    with Image.open(tmp_path / name) as picture:
        assert (picture.format, picture.size) == (form, (700, 200))
    data = io.BytesIO((tmp_path / name).read_bytes())
    assert data.getvalue() != (photos / "group.png").read_bytes()


def test_detect_for_people(inside, serving, photos):
    shown = inside("detect", photos / "group.png", *serving.where)
    assert sum("%" in line for line in shown.out.splitlines()) == 3
    shown = inside("detect", photos / "nobody.png", *serving.where)
    assert (shown.code, shown.out) == (0, "")
    assert "no face" in shown.err
    ended = inside("detect", photos / "group.png", "--out", "boxes.gif", *serving.where)
    assert ended.code == 3


def test_faces(remote, inside, serving, ana, photos):
    face_id, person_id = ana
    assert remote("faces", "show", face_id)["person_id"] == person_id
    assert remote("faces", "list", "--person", person_id)["faces"][0]["FaceId"] == face_id
    assert remote("faces", "list", "--image", "other")["faces"] == []
    remote("index", photos / "people" / "Ana" / "2.png")
    assert len(remote("faces", "similar", face_id)["FaceMatches"]) == 1
    assert face_id in inside("faces", "list", *serving.where).out
    proof = remote("faces", "delete", face_id)
    assert proof["before"]["faces"] == 1
    assert not any(proof["after"].values())


def test_list_pages(remote, photos):
    remote("index", photos / "people")
    page = remote("faces", "list", "--limit", "2")
    assert len(page["faces"]) == 2
    rest = remote("faces", "list", "--limit", "2", "--next-token", page["next_token"])
    everything = remote("faces", "list", "--limit", "1", "--all")
    assert everything == {"faces": page["faces"] + rest["faces"], "next_token": None}


def test_people(remote, inside, serving, ana):
    face_id, person_id = ana
    made = remote(
        "people", "create", "Zoë", "--person-id", "z", "--metadata", "team=blue",
        "--purpose", "door", "--given-on", "2024-05-01", "--expires-on", "2999-01-01",
    )  # fmt: skip
    assert made["metadata"] == {"team": "blue"}
    assert made["consent"]["expires_on"] == "2999-01-01"
    assert remote("people", "update", "z", "--name", "Zoe")["name"] == "Zoe"
    assert remote("people", "update", "z", "--withdraw-consent")["consent"] is None
    assert remote("people", "update", "z", "--metadata", "team=red")["metadata"] == {"team": "red"}
    assert "Zoe" in inside("people", "list", *serving.where).out
    assert remote("people", "assign", "z", face_id)["failed"][0]["FaceId"] == face_id
    assert remote("people", "assign", "z", face_id, "--reassign")["associated"] == [face_id]
    assert remote("people", "unassign", "z", face_id)["disassociated"] == [face_id]
    remote("people", "assign", person_id, face_id)
    assert remote("people", "merge", "z", person_id)["person_id"] == "z"
    assert remote("people", "show", "z")["face_count"] == 1
    proof = remote("people", "erase", "z")
    assert (proof["erased"], any(proof["after"].values())) == (True, False)
    assert remote("images", "list")["images"] == []
    actions = [entry["action"] for entry in remote("audit", "list")["entries"]]
    assert actions == ["erase_person_begun", "erase_person"]


def test_forgetting_a_name_keeps_the_faces(remote, ana):
    _, person_id = ana
    assert remote("people", "erase", person_id, "--keep-faces")["erased"] is False
    assert len(remote("faces", "list")["faces"]) == 1


def test_purge(remote):
    remote("people", "create", "Gone", "--purpose", "x", "--given-on", "2001-01-01",
           "--expires-on", "2001-01-02")  # fmt: skip
    assert remote("people", "purge-expired", "--dry-run") == {"expired": 1, "erased": 0}
    assert remote("people", "purge-expired") == {"expired": 1, "erased": 1}
    assert remote("people", "list")["people"] == []


def test_images(remote, inside, serving, photos, tmp_path):
    remote("index", photos / "group.png", "--metadata", "place=Zürich")
    assert remote("images", "show", "group.png")["metadata"] == {"place": "Zürich"}
    assert len(remote("images", "annotate", "group.png")["faces"]) == 3
    assert inside("images", "get", "group.png", *serving.where).code == 0
    assert (tmp_path / "group.png").read_bytes() == (photos / "group.png").read_bytes()
    assert inside("images", "get", "group.png", *serving.where).code == 8
    out = tmp_path / "boxes.jpg"
    assert inside("images", "annotate", "group.png", "--out", out, *serving.where).code == 0
    with Image.open(out) as picture:
        assert picture.format == "JPEG"
    assert "group.png" in inside("images", "list", *serving.where).out
    assert not any(remote("images", "delete", "group.png")["after"].values())


def test_picture_to_stdout(command, serving, remote, photos):
    remote("index", photos / "people" / "Ben" / "1.png")
    ended = command("images", "get", "1.png", "--out", "-", *serving.where, encoding="latin-1")
    assert ended.out[:4] == "\x89PNG"
    assert ended.err == ""


@pytest.mark.parametrize("key", ["a b/é.png", "../up.png", "x/faces", "100%.png", "?#.png"])
def test_keys_of_all_kinds(remote, tmp_path, key):
    path = tmp_path / "tree" / "in" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(draw(ANA))
    remote("index", path)
    assert remote("images", "list")["images"][0]["key"] == path.name
    if path.name != "faces":
        assert remote("images", "show", path.name)["key"] == path.name


def test_keys(remote, inside, serving):
    made = remote(
        "keys", "create", "ci", "--scope", "read", "--rate-rps", "5", "--daily-quota", "9"
    )
    assert (made["scope"], made["rate_rps"], made["daily_quota"]) == ("read", 5.0, 9)
    turned = remote("keys", "rotate", made["key_id"])
    assert turned["secret"] != made["secret"]
    assert remote("keys", "revoke", turned["key_id"])["revoked"] is True
    shown = inside("keys", "create", "x", *serving.where).out
    assert shown.count("fp_") == 1
    assert "fp_" not in inside("keys", "list", *serving.where).out


def test_aws_access_keys(remote, inside, serving):
    made = remote("keys", "create", "--aws", "--collection-prefix", "team.", "--scope", "read")
    assert (made["name"], made["kind"], made["scope"]) == ("aws", "aws", "read")
    assert (made["access_key_id"], len(made["secret_access_key"])) == (made["key_id"], 40)
    turned = remote("keys", "rotate", made["key_id"])
    assert turned["collection_prefix"] == "team."
    assert turned["secret_access_key"] != made["secret_access_key"]
    assert remote("keys", "revoke", turned["key_id"])["revoked"] is True
    shown = inside("keys", "create", "x", "--aws", *serving.where).out
    assert shown.count("AWS_SECRET_ACCESS_KEY=") == shown.count("AWS_ACCESS_KEY_ID=FPAK") == 1
    listed = inside("keys", "list", *serving.where).out
    assert made["secret_access_key"] not in listed
    nameless = inside("keys", "create", *serving.where)
    assert (nameless.code, "[invalid_parameter]" in nameless.err) == (3, True)


def test_uploads(remote, serving):
    ticket = remote("uploads", "create", "new.png", "--metadata", "a=1")
    assert ticket["url"].startswith(f"{serving.url}/v1/uploads/")
    assert remote("uploads", "status", ticket["upload_id"])["status"] == "waiting"


def test_info_and_openapi(remote, inside, serving):
    assert remote("info")["model"] == "colours@1.0"
    shown = inside("info", *serving.where).out
    assert "high-risk" in shown
    assert "/v1/index/{filename}" in json.dumps(remote("openapi"))


def test_another_collection(remote, photos):
    other = ("--collection-id", "other")
    remote("index", photos / "people", *other)
    assert len(remote("faces", "list", *other)["faces"]) == 3
    assert remote("faces", "list")["faces"] == []
    assert remote("search", photos / "group.png", *other)["status"] == "matched"


def test_export_and_import_keep_faces_and_people(remote, inside, serving, photos, tmp_path):
    remote("index", photos / "people", "--person-from", "folder", "--metadata", "a=1")
    remote("index", photos / "group.png")
    ben = next(face for face in remote("faces", "list", "--image", "group.png")["faces"])
    remote("faces", "delete", ben["FaceId"])
    archive = tmp_path / "all.zip"
    counts = remote("faces", "export", archive)
    assert (counts["images"], counts["people"], counts["faces"]) == (4, 2, 5)
    with zipfile.ZipFile(archive) as opened:
        assert json.loads(opened.read("manifest.json"))["format"] == "faceplate-export"
        assert len([name for name in opened.namelist() if name.startswith("images/")]) == 4
    other = ("--collection-id", "second")
    report = remote("faces", "import", archive, *other)
    assert report == {"images": 4, "people": 2, "faces": 5, "faces_not_found": 0, "refused": {}}
    for what in (["faces", "list"], ["images", "list"], ["people", "list"]):
        plural = what[0]
        first, second = remote(*what)[plural], remote(*what, *other)[plural]
        strip = {"created_at", "model"}
        assert [{k: v for k, v in one.items() if k not in strip} for one in first] == [
            {k: v for k, v in one.items() if k not in strip} for one in second
        ]
    assert remote("faces", "import", archive, *other)["people"] == 0
    assert inside("faces", "export", archive, *serving.where).code == 8


def test_import_of_a_damaged_picture_is_refused(remote, photos, tmp_path):
    remote("index", photos / "people" / "Ana")
    remote("faces", "export", tmp_path / "all.zip")
    with (
        zipfile.ZipFile(tmp_path / "all.zip") as whole,
        zipfile.ZipFile(tmp_path / "bad.zip", "w") as damaged,
    ):
        pictures = sorted(name for name in whole.namelist() if name.startswith("images/"))
        for name in whole.namelist():
            damaged.writestr(name, b"\0" if name == pictures[0] else whole.read(name))
    report = remote("faces", "import", tmp_path / "bad.zip", code=20)
    assert (report["images"], report["refused"]) == (1, {"export_damaged": 1})


def test_export_leaves_out_erased_pictures(remote, inside, serving, photos, tmp_path):
    remote("index", photos / "people", "--person-from", "folder")
    remote("index", photos / "group.png")
    ana = remote("people", "list")["people"][0]
    face = remote("faces", "list", "--image", "group.png")["faces"][0]["FaceId"]
    remote("people", "assign", ana["person_id"], face)
    remote("people", "erase", ana["person_id"])
    counts = remote("faces", "export", tmp_path / "all.zip")
    assert counts["without_bytes"] == 1
    shown = inside("faces", "import", tmp_path / "all.zip", *serving.where)
    assert shown.out.startswith("Imported ")


def test_export_tells_of_pictures_whose_bytes_cannot_be_had(remote, inside, serving, tmp_path):
    faces, images = serving.parts.application.faces, serving.parts.application.images
    faces.index("year", draw(ANA))
    faces.index("damaged.png", draw(BEN))
    for name in list(serving.parts.blobs.names()):
        if name == images.get("damaged.png").blob_name:
            serving.parts.blobs.put(name, b"something else")
    # As an older version stored it: its address is that of the faces of `year`.
    faces.index("to be.png", draw(CAM))
    old = images.get("to be.png")
    serving.parts.records.put_image(replace(old, key="year/faces"))
    serving.parts.records.put_image(replace(old, key="none/faces"))
    serving.parts.records.delete_image("faceplate", "to be.png")
    counts = remote("faces", "export", tmp_path / "all.zip", code=20)
    assert (counts["images"], counts["unreadable"], counts["without_bytes"]) == (1, 3, 0)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        pictures = [name for name in archive.namelist() if name.startswith("images/")]
        assert pictures == [f"images/{hashlib.sha256(draw(ANA)).hexdigest()}"]
    shown = inside("faces", "export", tmp_path / "again.zip", *serving.where)
    assert "they are left out" in shown.err


def test_import_of_a_newer_format(inside, serving, tmp_path):
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        archive.writestr("manifest.json", '{"format": "faceplate-export", "version": 99}')
    ended = inside("faces", "import", tmp_path / "new.zip", *serving.where)
    assert (ended.code, "does not read" in ended.err) == (3, True)


def test_what_fails_of_an_assignment_is_said(inside, serving, remote):
    remote("people", "create", "Ana", "--person-id", "a")
    ended = inside("people", "assign", "a", "6b0c3a52-6b4c-5d0f-9a58-4f3d9c1f7a10", *serving.where)
    assert ended.code == 0
    assert "Not associated: 6b0c3a52" in ended.err


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_import_of_something_else(inside, serving, tmp_path, content):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    ended = inside("faces", "import", path, *serving.where)
    assert (ended.code, "[export_invalid]" in ended.err) == (3, True)


def test_doctor_of_a_server(inside, serving):
    ended = inside("doctor", "--json", *serving.where)
    assert ended.code == 0
    assert {check["name"] for check in ended.json["checks"]} == {
        "part records",
        "part usage",
        "part blobs",
        "part chat",
        "part keys",
        "part recognizer",
    }
    assert inside("doctor", "--url", "http://127.0.0.1:9", "--api-key", "x").code == 21


def test_ben_is_not_ana(remote, photos, tmp_path):
    found = remote("compare", photos / "people/Ana/1.png", save(tmp_path, "ben.png", BEN))
    assert found["FaceMatches"] == []
