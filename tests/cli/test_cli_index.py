"""`faceplate index`: the report, going on where it stopped, and what ends a run."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest

from build import ANA, BEN, CAM, build_memory_application, draw
from cli_running import serving_memory
from faceplate.cli.api import Api
from faceplate.cli.connect import in_process, read_settings
from faceplate.cli.in_process import InProcessTransport
from faceplate.cli.index_report import IndexReport
from faceplate.cli.index_run import IndexRun, IndexWish
from faceplate.cli.picture_files import PictureFile, find_pictures
from faceplate.domain.errors import DataFolderInUse
from faceplate.http.app import create_app
from faceplate.http.options import HttpOptions
from faceplate.services.keys import Limits


def test_report_of_a_mixed_folder(remote, photos):
    report = remote("index", photos, code=20)
    assert report["total"] == 8
    assert report["indexed"] == 6
    assert report["faces"] == 6
    assert report["no_face"] == 2
    assert report["several_faces"] == 1
    assert report["duplicates"] == 1
    assert (
        report["refused"] == {"image_corrupt": 1, "image_empty": 1}
        or sum(report["refused"].values()) == 2
    )
    assert {file["file"] for file in report["refused_files"]} == {
        str(photos / "broken.jpg"),
        str(photos / "empty.jpg"),
    }
    assert report["skipped"] == {"hidden": 1, "other_files": 1}
    assert report["pictures_per_s"] > 0
    assert report["interrupted"] is False


def test_report_for_people(inside, serving, photos):
    ended = inside("index", photos, *serving.where)
    assert ended.code == 20
    assert "6 pictures, 6 faces" in ended.out
    assert "pictures/s" in ended.out
    assert "broken.jpg" in ended.err
    assert "image_empty" in ended.err


def test_second_run_sends_nothing(remote, serving, photos):
    remote("index", photos / "people")
    before = asked(serving)
    report = remote("index", photos / "people")
    assert (report["indexed"], report["unchanged"]) == (0, 3)
    assert asked(serving) == before
    assert remote("index", photos / "people", "--again")["unchanged"] == 3
    assert asked(serving) == before + 3


def asked(serving):
    """Count what the index route was asked for, as the server's own metrics tell it."""
    with urllib.request.urlopen(f"{serving.url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(
        int(float(line.rpartition(" ")[2]))
        for line in lines
        if line.startswith("faceplate_requests_total") and "/v1/index/" in line
    )


def test_changed_and_new_pictures_are_sent(remote, photos):
    remote("index", photos / "people")
    (photos / "people" / "Ana" / "1.png").write_bytes(draw(CAM))
    (photos / "people" / "Cam").mkdir()
    (photos / "people" / "Cam" / "1.png").write_bytes(draw(CAM, size=(300, 300)))
    report = remote("index", photos / "people")
    assert (report["indexed"], report["replaced"], report["unchanged"]) == (2, 1, 2)


def test_people_are_made_once_whatever_the_order(remote, tmp_path):
    folder = tmp_path / "many"
    for person, colour in (("Ana", ANA), ("Ben", BEN)):
        (folder / person).mkdir(parents=True)
        for number in range(6):
            data = draw(colour, size=(400 + number, 200))
            (folder / person / f"{number}.png").write_bytes(data)
    report = remote("index", folder, "--person-from", "folder")
    assert (report["indexed"], report["people_named"]) == (12, 12)
    people = remote("people", "list")["people"]
    assert sorted((one["name"], one["face_count"]) for one in people) == [("Ana", 6), ("Ben", 6)]


def test_naming_after_a_first_run_without_names(remote, photos):
    remote("index", photos / "people")
    report = remote("index", photos / "people", "--person-from", "folder")
    assert (report["unchanged"], report["people_named"]) == (3, 3)
    again = remote("index", photos / "people", "--person-from", "folder")
    assert (again["unchanged"], again["people_named"]) == (3, 0)


def test_people_from_file_names(remote, tmp_path):
    folder = tmp_path / "badges"
    folder.mkdir()
    (folder / "Zoë Müller.png").write_bytes(draw(ANA))
    remote("index", folder, "--person-from", "file")
    assert [one["name"] for one in remote("people", "list")["people"]] == ["Zoë Müller"]


def test_new_metadata_is_sent_for_unchanged_pictures(remote, photos):
    remote("index", photos / "group.png", "--metadata", "Trip=2024")
    assert remote("index", photos / "group.png", "--metadata", "Trip=2024")["unchanged"] == 1
    remote("index", photos / "group.png", "--metadata", "trip=2025")
    assert remote("images", "show", "group.png")["metadata"] == {"trip": "2025"}


def test_same_key_twice_is_refused(remote, photos):
    report = remote("index", photos / "people" / "Ana", photos / "people" / "Ben", code=20)
    assert (report["indexed"], report["refused"]) == (2, {"key_repeated": 1})


@pytest.mark.skipif(sys.platform == "darwin", reason="the file system takes Unicode names only")
def test_a_name_that_is_not_unicode_is_refused(remote, inside, serving, tmp_path):
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / os.fsdecode(b"\xff.png")).write_bytes(draw(ANA))
    (folder / "fine.png").write_bytes(draw(BEN))
    report = remote("index", folder, code=20)
    assert (report["indexed"], report["refused"]) == (1, {"image_key_invalid": 1})
    assert report["refused_files"][0]["file"] == str(folder / r"\xff.png")
    shown = inside("index", folder, *serving.where)
    assert str(folder / r"\xff.png") in shown.err


def test_a_file_that_goes_away_is_refused(tmp_path):
    pictures = [PictureFile(tmp_path / "gone.png", "gone.png")]
    report = run_in_memory(pictures)
    assert report.refused == {"file_unreadable": 1}


def test_options_reach_the_server(remote, photos):
    report = remote("index", photos / "group.png", "--max-faces", "1", "--quality-filter", "NONE")
    assert report["faces"] == 1


def run_in_memory(pictures, *, wish=None, during=lambda _: None, threads=2, app=None):
    """Index without a socket; ``during`` is called with the run after every picture."""
    parts = build_memory_application()
    secret = parts.application.keys.create("tests")[1]
    if app is None:
        app = create_app(
            parts.application, HttpOptions(max_image_bytes=200_000, worker_threads=threads)
        )
    report = IndexReport(total=len(pictures))

    async def go():
        transport = InProcessTransport(app, secret=secret, concurrency=threads)
        run = IndexRun(
            Api(transport), wish or IndexWish(), report, progress=lambda _done, _all: during(run)
        )
        try:
            await run.run(pictures)
        finally:
            await transport.close()

    asyncio.run(go())
    return report


def test_stop_finishes_what_is_running(tmp_path):
    pictures = []
    for number in range(20):
        path = tmp_path / f"{number}.png"
        path.write_bytes(draw(ANA, size=(300 + number, 200)))
        pictures.append(PictureFile(path, path.name))
    report = run_in_memory(pictures, during=lambda run: run.stop())
    assert report.interrupted
    assert 1 <= report.indexed <= 3
    assert report.done == report.indexed


def test_no_more_than_the_transport_can_do_is_under_way(tmp_path):
    pictures = []
    for number in range(12):
        path = tmp_path / f"{number}.png"
        path.write_bytes(b"%d" % number)
        pictures.append(PictureFile(path, path.name))
    present, most = 0, 0

    async def app(scope, _receive, send):
        nonlocal present, most
        if scope["type"] == "lifespan":
            return
        if scope["method"] == "GET":
            await answer(send, 200, {"images": [], "next_token": None})
            return
        present += 1
        most = max(most, present)
        for _ in range(20):
            await asyncio.sleep(0)
        present -= 1
        await answer(send, 201, {"change": "new", "FaceRecords": []})

    report = run_in_memory(pictures, app=app, threads=4)
    assert report.indexed == 12
    assert 2 <= most <= 5


async def answer(send, status, document, headers=()):
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})


def sometimes_busy(times):
    left = times

    async def app(scope, _receive, send):
        nonlocal left
        if scope["type"] == "lifespan":
            return
        if scope["method"] == "GET":
            await answer(send, 200, {"images": [], "next_token": None})
        elif left:
            left -= 1
            await answer(send, 503, {"code": "busy", "detail": "Busy."}, [(b"retry-after", b"0")])
        else:
            await answer(send, 201, {"change": "new", "FaceRecords": [{}, {}]})

    return app


def one_picture(tmp_path):
    (tmp_path / "a.png").write_bytes(draw(ANA))
    return find_pictures([str(tmp_path / "a.png")]).pictures


def test_a_busy_server_is_asked_again(tmp_path):
    report = run_in_memory(one_picture(tmp_path), app=sometimes_busy(3))
    assert (report.indexed, report.faces) == (1, 2)


def test_a_server_that_stays_busy_ends_the_run(tmp_path):
    report = run_in_memory(one_picture(tmp_path), app=sometimes_busy(1000))
    assert report.stopped_by.code == "busy"
    assert report.indexed == 0


def test_a_used_up_day_ends_the_run_with_the_report(inside, photos):
    parts = build_memory_application(limits=Limits(daily_quota=3))
    with serving_memory(parts) as serving:
        ended = inside("index", photos / "people", *serving.where, "--json")
    assert ended.code == 10
    assert ended.json["stopped_by"] == "quota_exceeded"
    assert 1 <= ended.json["indexed"] < 3
    assert "[quota_exceeded]" in ended.err


def test_ctrl_c_prints_the_report(environment, serving, tmp_path):
    folder = tmp_path / "lots"
    folder.mkdir()
    for number in range(600):
        (folder / f"{number:03}.png").write_bytes(draw(ANA, size=(300 + number, 200)))
    process = subprocess.Popen(
        [sys.executable, "-m", "faceplate.cli.main", "index", folder, *serving.where, "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    images = serving.parts.application.images
    while not images.list().items and process.poll() is None:
        pass
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    report = json.loads(out)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert report["interrupted"]
    kept = sum(1 for _ in serving.parts.records.blob_names())
    assert 0 < report["indexed"] == kept < 600


def test_in_process_holds_the_folder(tmp_path):
    settings = read_settings(tmp_path / "data")
    transport = in_process(settings)
    try:
        with pytest.raises(DataFolderInUse):
            in_process(settings)
    finally:
        asyncio.run(transport.close())
    asyncio.run(in_process(settings).close())
