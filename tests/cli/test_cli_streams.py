"""Standard streams that are closed, full or left by their reader."""

import subprocess
import sys
from pathlib import Path

import pytest

from build import ANA, draw

RUN = (sys.executable, "-m", "faceplate.cli.main")
CASES = [["faces", "list"], ["faces", "list", "--json"], ["--help"], ["--version"]]

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def ended(environment, arguments, redirection, **changes):
    line = f'exec "$@" {redirection}'
    return subprocess.run(
        ["/bin/sh", "-c", line, "sh", *RUN, *arguments],
        env={**environment, **changes},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def asked(environment, serving):
    """Name a server, for commands that need one."""
    named = {"FACEPLATE_URL": serving.url, "FACEPLATE_API_KEY": serving.secret}
    return {**environment, **named}


@pytest.mark.parametrize("arguments", CASES)
@pytest.mark.parametrize(
    ("redirection", "why"),
    [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")],
)
def test_output_that_cannot_be_written_is_told(asked, serving, arguments, redirection, why):
    serving.parts.application.faces.ensure_collection("faceplate")
    serving.parts.application.faces.index("a.png", draw(ANA))
    for unbuffered in ("", "1"):
        done = ended(asked, arguments, redirection, PYTHONUNBUFFERED=unbuffered)
        told = f"Error: The output cannot be written: {why}. [output_unwritable]\n"
        assert (done.returncode, done.stderr) == (11, told)


def test_errors_that_cannot_be_written_do_not_change_the_end(asked):
    for redirection in ("2>/dev/full", "2>&-", ">&- 2>&-"):
        assert ended(asked, ["faces", "show", "nobody"], redirection).returncode == 7


def test_a_reader_that_leaves_is_told_nothing(asked):
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@" | true', "sh", *RUN, "--help"],
        env=asked,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == b""
