"""`faceplate serve` as a real process: start, key, signals, refusal, discovery."""

import json
import signal
import socket
import stat
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.models


def fetch(url, key=None):
    request = urllib.request.Request(url, headers={"x-api-key": key} if key else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def data_of(environment):
    return Path(environment["FACEPLATE_DATA_DIR"])


def test_ready_means_ready_and_the_key_works(serve, environment):
    server = serve()
    assert fetch(f"{server.url}/v1/health")["status"] == "ok"
    assert fetch(f"{server.url}/v1/info", server.key)["mode"] == "local"
    assert any(line.startswith("Model: ") for line in server.lines)
    assert f"Data folder: {data_of(environment)}" in server.lines
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetch(f"{server.url}/v1/info", "fp_wrong")
    with caught.value:
        assert caught.value.code == 401


def test_key_is_printed_once(serve):
    first = serve()
    key = first.key
    assert key.startswith("fp_")
    first.stop()
    second = serve()
    assert second.key is None
    assert fetch(f"{second.url}/v1/info", key)["name"] == "faceplate"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(serve, environment, number):
    server = serve()
    assert fetch(f"{server.url}/v1/health")["status"] == "ok"
    ended = server.stop(number)
    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert not (data_of(environment) / "server.json").exists()


def test_logs_are_json_lines_without_the_key(serve):
    server = serve()
    fetch(f"{server.url}/v1/info", server.key)
    ended = server.stop()
    events = [json.loads(line) for line in ended.err.splitlines()]
    assert [event["route"] for event in events if event.get("event") == "http.request"] == [
        "/v1/info"
    ]
    assert server.key not in ended.err


def test_second_server_on_the_folder_refuses(serve, command):
    server = serve()
    ended = command("serve", "--port", 0)
    assert ended.code == 8
    assert "[data_folder_in_use]" in ended.err
    assert fetch(f"{server.url}/v1/health")["status"] == "ok"


@pytest.mark.usefixtures("weights")
def test_port_in_use(command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = command("serve", "--port", taken.getsockname()[1])
    assert ended.code == 8
    assert "[port_in_use]" in ended.err


def test_server_file_is_for_the_owner_only(serve, environment):
    server = serve()
    path = data_of(environment) / "server.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said = json.loads(path.read_text())
    assert (said["pid"], said["url"]) == (server.process.pid, server.url)


def test_commands_find_the_running_server(serve, command):
    server = serve()
    made = command("keys", "create", "from here", "--json")
    assert made.code == 0, made.err
    assert fetch(f"{server.url}/v1/info", made.json["secret"])["name"] == "faceplate"
    listed = command("keys", "list", "--json").json["keys"]
    assert [key["name"] for key in listed] == ["first", "from here"]


def test_a_killed_server_leaves_a_folder_that_works(serve, command, environment):
    server = serve()
    server.process.kill()
    server.process.communicate()
    assert (data_of(environment) / "server.json").exists()
    assert command("keys", "list", "--json").json["keys"][0]["name"] == "first"
    assert serve().key is None


def test_a_command_holds_the_folder_only_while_it_runs(command):
    assert command("people", "create", "Ada", "--json").json["name"] == "Ada"
    assert [one["name"] for one in command("people", "list", "--json").json["people"]] == ["Ada"]


def test_migration_needs_the_folder_itself(serve, command):
    serve()
    ended = command("faces", "migrate")
    assert ended.code == 8
    assert "[data_folder_in_use]" in ended.err


def test_backup_and_restore_through_the_running_server(serve, command, tmp_path):
    serve()
    assert command("people", "create", "Ada").code == 0
    assert command("backup", tmp_path / "b.tar", "--json").json["images"] == 0
    assert command("people", "create", "Bob").code == 0
    assert command("restore", tmp_path / "b.tar").code == 3
    assert command("restore", tmp_path / "b.tar", "--yes", "--json").code == 0
    assert [one["name"] for one in command("people", "list", "--json").json["people"]] == ["Ada"]


def test_doctor_sees_the_server(serve, command):
    server = serve()
    ended = command("doctor", "--json")
    assert ended.code == 0, ended.out
    findings = {check["name"]: check["finding"] for check in ended.json["checks"]}
    assert server.url in findings["data folder"]
    assert command("doctor", "--repair").code == 21


def test_expiry_runs_by_itself(serve, command):
    serve(FACEPLATE_EXPIRY_INTERVAL_S="1")
    made = command(
        "people", "create", "Gone", "--purpose", "test", "--given-on", "2020-01-01",
        "--expires-on", "2020-01-02", "--json",
    )  # fmt: skip
    assert made.code == 0, made.err
    for _ in range(200):
        if not command("people", "list", "--json").json["people"]:
            break
    actions = [one["action"] for one in command("audit", "list", "--json").json["entries"]]
    assert actions == ["erase_person_begun", "erase_person"]


def test_weights_that_are_nowhere(command):
    ended = command(
        "serve", "--port", 0, FACEPLATE_ENGINE__FILES=json.dumps({"yunet": "/nowhere.onnx"})
    )
    assert ended.code == 14
    assert "Traceback" not in ended.err
