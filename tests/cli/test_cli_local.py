"""Verbs that work on this machine: doctor, models, demo, progress, the last net for errors."""

import hashlib
import http.server
import io
import json
import subprocess
import sys
import threading

import pytest
from PIL import Image

import stub_provider
from build import ANA, BEN, draw
from faceplate.adapters.packages.samples import SamplePictures
from faceplate.cli.connect import read_settings
from faceplate.cli.demo import compose_group
from faceplate.cli.output import console
from faceplate.cli.progress import Lines, meter


@pytest.fixture
def no_models(tmp_path):
    """Return settings under which no weights are found."""
    return {
        "FACEPLATE_ENGINE__MODELS_DIR": str(tmp_path / "models"),
        "FACEPLATE_ENGINE__FILES": json.dumps(
            {"yunet": "/nowhere/a.onnx", "mobilefacenet": "/nowhere/b.onnx"}
        ),
    }


def test_wrong_settings_are_named(inside):
    ended = inside("info", FACEPLATE_PORT="many")
    assert (ended.code, "FACEPLATE_PORT" in ended.err) == (13, True)
    ended = inside("info", FACEPLATE_PROT="1")
    assert (ended.code, "FACEPLATE_PROT" in ended.err) == (13, True)


def test_doctor_without_weights_says_what_to_do(inside, no_models):
    ended = inside("doctor", "--json", **no_models)
    assert ended.code == 21
    found = {check["name"]: check for check in ended.json["checks"]}
    detector = next(check for name, check in found.items() if name.startswith("model yunet"))
    assert not detector["ok"]
    assert "faceplate models pull yunet" in detector["finding"]
    assert found["data folder"]["ok"]
    assert found["part records"]["ok"]
    assert {row["setting"] for row in ended.json["settings"]} >= {"FACEPLATE_DATA_DIR"}
    shown = inside("doctor", **no_models)
    assert shown.code == 21
    assert "WRONG" in shown.out
    assert "FACEPLATE_LIMITS__ENABLED" in shown.out


def test_doctor_hides_secrets(inside, no_models):
    ended = inside("doctor", FACEPLATE_API_KEY="very-secret-key", **no_models)
    assert "very-secret-key" not in ended.out
    assert "********" in ended.out


def test_doctor_repairs_orphans(inside, no_models, tmp_path):
    inside("people", "list", **no_models)
    orphan = tmp_path / "data" / "blobs" / "images" / "ab" / ("ab" * 32)
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"left by a crash")
    ended = inside("doctor", "--repair", "--json", **no_models)
    repair = next(check for check in ended.json["checks"] if check["name"] == "repair")
    assert repair["finding"] == "files_removed: 1"
    assert not orphan.exists()


def test_doctor_reports_a_damaged_database(inside, no_models, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "faceplate.db").write_bytes(b"not a database" * 100)
    ended = inside("doctor", "--json", **no_models)
    assert ended.code == 21
    assert any(check.get("code") == "storage_corrupt" for check in ended.json["checks"])
    assert inside("people", "list").code == 11


def test_a_data_folder_that_is_a_file(inside, tmp_path):
    (tmp_path / "data").write_text("a file")
    assert inside("people", "list").code == 11


def test_records_work_without_weights_and_pictures_say_what_is_missing(inside, no_models, tmp_path):
    (tmp_path / "a.png").write_bytes(draw(ANA))
    assert inside("people", "create", "Ada", "--json", **no_models).code == 0
    ended = inside("search", "a.png", **no_models)
    assert (ended.code, "models pull" in ended.err) == (14, True)


def test_models_list(inside):
    rows = inside("models", "list", "--json").json["models"]
    default = [row["role"] for row in rows if row["default"]]
    assert sorted(default) == ["detector", "embedding"]
    assert all(row["licence"] and len(row["sha256"]) == 64 for row in rows)
    assert "mobilefacenet" in inside("models", "list").out


def test_models_path(inside, no_models, tmp_path):
    assert inside("models", "path", **no_models).out == f"{tmp_path / 'models'}\n"
    ended = inside("models", "path", "mobilefacenet", **no_models)
    assert (ended.code, "[model_unavailable]" in ended.err) == (14, True)
    ended = inside("models", "path", "no-such-model")
    assert (ended.code, "[model_not_found]" in ended.err) == (7, True)


def test_pull_of_a_missing_user_file(inside, no_models):
    ended = inside("models", "pull", "mobilefacenet", **no_models)
    assert (ended.code, "[model_unavailable]" in ended.err) == (14, True)


@pytest.mark.models
@pytest.mark.usefixtures("weights")
def test_pull_when_all_is_there(inside):
    assert inside("models", "pull", "--quiet").out == ""
    pulled = inside("models", "pull", "--json").json["pulled"]
    assert set(pulled) == {"yunet", "mobilefacenet"}
    path = inside("models", "path", "yunet", "--json").json["path"]
    assert path.endswith(".onnx")


def test_group_picture_is_side_by_side():
    group = compose_group([draw(ANA, size=(300, 300)), draw(BEN, size=(400, 200))])
    with Image.open(io.BytesIO(group)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (480 + 16 + 960, 480))


@pytest.fixture
def samples():
    """Skip when the sample pictures are not on this machine."""
    pictures = SamplePictures(read_settings().samples_dir)
    if len(pictures.paths()) < len(pictures.samples):
        pytest.skip("no sample pictures; `faceplate demo` gets them")


@pytest.mark.models
@pytest.mark.usefixtures("weights", "samples")
def test_demo_finds_two_and_one_unknown(inside, tmp_path):
    ended = inside("demo", "--out", "out", "--run", "--json")
    assert ended.code == 0, ended.err
    faces = ended.json["search"]["allFaces"]
    assert sorted(face["name"] or face["status"] for face in faces) == [
        "Barack Obama",
        "Joe Biden",
        "unknown",
    ]
    assert ended.json["index"]["people_named"] == 3
    assert (tmp_path / "out" / "group.jpg").exists()
    shown = inside("demo", "--out", "out", "--run")
    assert "unknown" in shown.out
    assert "faceplate index out/people --person-from folder" in shown.out


@pytest.mark.models
@pytest.mark.usefixtures("weights", "samples")
def test_migration_to_the_same_model_changes_nothing(inside):
    assert inside("demo", "--out", "out", "--run").code == 0
    ended = inside("faces", "migrate", "--json")
    assert ended.json == {"model": "mobilefacenet@1.0", "migrated": 0, "lost": []}
    assert "0 faces" in inside("faces", "migrate").out
    assert inside("faces", "migrate", "--collection-id", "other").code == 7


def test_lines_are_rare(capsys):
    lines = Lines("Indexing")
    lines.at(1, 10)
    assert capsys.readouterr().err == ""
    lines._last -= 10
    lines._started -= 10
    lines.at(5, 10)
    said = capsys.readouterr().err
    assert said.startswith("Indexing: 5 of 10, ")
    assert "s left" in said


def test_quiet_meter_says_nothing(capsys):
    with meter("Indexing", 10, quiet=True) as progress:
        progress.at(10, 10)
    assert capsys.readouterr().err == ""


@pytest.fixture
def terminal(monkeypatch):
    """Make Rich believe that it writes to a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    console.cache_clear()
    yield
    console.cache_clear()


@pytest.mark.usefixtures("terminal")
def test_bar_on_a_terminal(inside, serving, photos):
    ended = inside("index", photos / "people", *serving.where)
    assert "Indexing" in ended.err
    assert "3/3" in ended.err


@pytest.mark.usefixtures("terminal")
def test_colours_can_be_switched_off(inside, serving, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in inside("info", *serving.where).out


class Liar(http.server.BaseHTTPRequestHandler):
    """Answer everything with JSON that no Faceplate would send."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"surprise": 1}')

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def liar():
    with http.server.HTTPServer(("127.0.0.1", 0), Liar) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_the_unexpected_is_a_sentence_too(inside, liar):
    ended = inside("people", "list", "--url", liar)
    assert ended.code == 1
    assert ended.err.count("\n") == 1
    assert "[internal_error]" in ended.err
    shown = inside("people", "list", "--url", liar, FACEPLATE_DEBUG_MODE="true")
    assert "Traceback" in shown.err


def test_a_reader_that_leaves_is_no_error(serving, environment):
    process = subprocess.Popen(
        [sys.executable, "-m", "faceplate.cli.main", "openapi", *serving.where],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(30)
    assert err == b""


def test_query_of_the_records(inside):
    found = inside("faces", "query", "SELECT count(*) AS n FROM faces", "--json")
    assert found.json == {"columns": ["n"], "rows": [[0]], "truncated": False}
    shown = inside("faces", "query", "SELECT 1 AS a UNION SELECT 2", "--limit", "1")
    assert "more rows" in shown.err
    assert inside("faces", "query", "DELETE FROM faces").code == 3


def test_pull_from_a_file_of_ones_own(inside, tmp_path):
    weights = b"only bytes, for a pull does not load them"
    (tmp_path / "tiny.onnx").write_bytes(weights)
    manifest = tmp_path / "mine.toml"
    manifest.write_text(MANIFEST.format(hashlib.sha256(weights).hexdigest(), len(weights)))
    mine = {
        "FACEPLATE_ENGINE__MODELS_DIR": str(tmp_path / "models"),
        "FACEPLATE_ENGINE__MANIFEST": str(manifest),
    }
    rows = {row["name"]: row for row in inside("models", "list", "--json", **mine).json["models"]}
    assert rows["tiny"]["place"] == "installed package"
    ended = inside("models", "pull", "tiny", **mine)
    assert ended.code == 0, ended.err
    assert "tiny" in ended.out
    (tmp_path / "tiny.onnx").write_bytes(b"other bytes")
    ended = inside("models", "pull", "tiny", **mine)
    assert ended.code == 14
    assert "[model_" in ended.err


MANIFEST = """
[models.tiny]
version = "1"
role = "detector"
file = "tiny.onnx"
sha256 = "{}"
size_bytes = {}
licence = "CC0-1.0"
licence_url = "https://example.org/licence"
source_page = "https://example.org"
convert = "none"
sources = [{{ kind = "file", path = "tiny.onnx" }}]

[models.tiny.input]
size_px = 112
channels = "RGB"
mean = 0
scale = 1
template = "arcface-112"
"""


@pytest.mark.parametrize(("model", "ok"), [("stub-1", True), ("retired-1", False)])
def test_doctor_asks_the_provider_for_the_configured_model(inside, no_models, model, ok):
    with stub_provider.running() as stub:
        listing = {"object": "list", "data": [{"id": "stub-1", "object": "model"}]}
        stub.queue(*[stub_provider.says(listing)] * 4)
        ended = inside(
            "doctor",
            "--json",
            FACEPLATE_CHAT__BASE_URL=stub.base_url,
            FACEPLATE_CHAT__MODEL=model,
            **no_models,
        )
    found = {check["name"]: check["ok"] for check in ended.json["checks"]}
    assert found[f"language model {model}"] is ok
