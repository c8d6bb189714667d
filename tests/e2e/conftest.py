import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli_running import Ended, Process
from served import require_weights


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    require_weights()
    inherited = {name: value for name, value in os.environ.items() if name != "FACEPLATE_API_KEY"}
    return {**inherited, "FACEPLATE_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[[], Process]]:
    """Start the service on a free port; what still runs at the end is killed."""
    started: list[Process] = []

    def run() -> Process:
        started.append(Process(environment, "--port", 0))
        return started[-1]

    yield run
    for server in started:
        server.process.kill()
        server.process.communicate()


@pytest.fixture
def faceplate(environment: dict[str, str], tmp_path: Path) -> Callable[..., Ended]:
    """Run a command in a process of its own."""

    def run(*arguments: object) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "faceplate.cli.main", *map(str, arguments)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run
