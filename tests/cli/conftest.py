"""Run the command line: as a real process, and inside the test where that is enough."""

import os
import subprocess
import sys

import pytest

from build import ANA, ANA_AGAIN, BEN, CAM, build_memory_application, draw
from cli_running import Ended, Process, serving_memory
from faceplate.cli.main import main
from served import require_weights


@pytest.fixture
def environment(tmp_path):
    """Return an environment that knows nothing of the machine's own Faceplate."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("FACEPLATE_")
    }
    home = tmp_path / "home"
    home.mkdir()
    return {**inherited, "FACEPLATE_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def command(environment, tmp_path):
    """Run `faceplate …` as a process of its own."""

    def run(*arguments, encoding="utf-8", **changes):
        done = subprocess.run(
            [sys.executable, "-m", "faceplate.cli.main", *map(str, arguments)],
            env={**environment, **changes},
            cwd=tmp_path,
            capture_output=True,
            encoding=encoding,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def inside(environment, monkeypatch, capsys, tmp_path):
    """Run `faceplate …` in this process."""

    def run(*arguments, **changes):
        for name in [name for name in os.environ if name.startswith("FACEPLATE_")]:
            monkeypatch.delenv(name)
        for name, value in {**environment, **changes}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["faceplate", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as exc:
            code = exc.code or 0
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


@pytest.fixture
def weights():
    """Skip when the default models are not on this machine."""
    require_weights()


@pytest.fixture
def serve(environment, weights):  # noqa: ARG001 -- skips first
    """Start servers on a free port; whatever still runs at the end is stopped."""
    started = []

    def start(*arguments, port=0, **changes):
        server = Process({**environment, **changes}, "--port", port, *arguments)
        started.append(server)
        return server

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate()


@pytest.fixture
def serving():
    """Return a server over fresh memory."""
    with serving_memory(build_memory_application()) as found:
        yield found


@pytest.fixture
def remote(inside, serving):
    """Run a verb on the server and insist that it works; parse its JSON."""

    def run(*arguments, code=0):
        ended = inside(*arguments, *serving.where, "--json")
        assert ended.code == code, ended.err
        return ended.json

    return run


@pytest.fixture
def photos(tmp_path):
    """Draw a folder of two people, a group, a picture without a face and two bad files."""
    files = {
        "people/Ana/1.png": draw(ANA),
        "people/Ana/2.png": draw(ANA_AGAIN),
        "people/Ben/1.png": draw(BEN),
        "group.png": draw(ANA_AGAIN, BEN, CAM, size=(700, 200)),
        "nobody.png": draw(),
        "copy of nobody.png": draw(),
        "broken.jpg": b"\xff\xd8\xff\xe0 not a picture",
        "empty.jpg": b"",
        "notes.txt": b"text",
        ".hidden.png": draw(ANA),
    }
    folder = tmp_path / "photos"
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
