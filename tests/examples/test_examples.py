"""Every example runs, unchanged, against a real server."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pictures
import stub_provider as stubs
from node_packages import installed
from served import Served, serving

EXAMPLES = Path(__file__).parents[2] / "examples"
GRAMMAR = "She did not go to the market."
TYPED = json.dumps({"evidence": ["loved"], "sentiment": "positive"})

pytestmark = [pytest.mark.models, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server, and a provider that answers the two chats of the examples."""

    async def behave(seen: stubs.Seen, wire: stubs.Wire) -> None:
        if not seen.path.endswith("/chat/completions"):
            await stubs.usual(seen, wire)
        elif seen.json.get("stream"):
            pieces = [stubs.chunk({"content": word}) for word in (GRAMMAR[:9], GRAMMAR[9:])]
            end = [stubs.chunk({}, "stop"), b"data: [DONE]\n\n"]
            await stubs.says_events(*pieces, *end)(seen, wire)
        else:
            await stubs.says_text(TYPED)(seen, wire)

    with stubs.running() as provider:
        provider.always = behave
        with serving(
            tmp_path_factory.mktemp("examples"),
            FACEPLATE_CHAT__BASE_URL=provider.base_url,
            FACEPLATE_CHAT__API_KEY="provider-key",
        ) as served:
            yield served


def run(server: Served, *command: object, cwd: Path = EXAMPLES.parent) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "FACEPLATE_URL": server.url,
            "FACEPLATE_API_KEY": server.key,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def need(command: str) -> str:
    found = shutil.which(command)
    if found is None:
        pytest.skip(f"{command} is not installed")
    return found


def test_curl(server: Served) -> None:
    said = run(server, need("sh"), EXAMPLES / "curl" / "faces.sh", pictures.astronaut())
    matched, proof, refused, gone = said.splitlines()
    assert matched == "matched: Curl Example"
    assert json.loads(proof)["before"]["faces"] == 1
    assert set(json.loads(proof)["after"].values()) == {0}
    assert json.loads(refused)["code"] == "person_not_found"
    assert gone == "gone"


def test_python(server: Served) -> None:
    found = json.loads(
        run(server, sys.executable, EXAMPLES / "python" / "faces.py", pictures.astronaut())
    )
    assert found.pop("similarity") > 99
    assert found == {
        "matched": "Python Example",
        "erased": {"people": 1, "faces": 1, "vectors": 1, "bytes": 1},
        "left": 0,
        "gone": True,
    }


def test_javascript(server: Served) -> None:
    program = EXAMPLES / "javascript" / "faces.mjs"
    found = json.loads(run(server, need("node"), program, pictures.astronaut()))
    assert found == {"matched": ["Node Example"], "left": 0, "code": "person_not_found"}


def test_openai(server: Served) -> None:
    found = json.loads(run(server, sys.executable, EXAMPLES / "openai" / "chat.py"))
    assert found == {
        "applications": 62,
        "text": GRAMMAR,
        "sentiment": "positive",
        "refused": "temperature",
    }


def test_openai_for_node(server: Served, tmp_path: Path) -> None:
    folder = installed(tmp_path, "openai")
    shutil.copy(EXAMPLES / "openai" / "chat.mjs", folder)
    found = json.loads(run(server, "node", "chat.mjs", cwd=folder))
    assert found == {"text": GRAMMAR, "sentiment": "positive"}


@pytest.mark.parametrize("shell", ["sh", "bash", "dash"])
def test_base64encode(server: Served, shell: str) -> None:
    picture = pictures.astronaut()
    said = run(server, need(shell), EXAMPLES / "base64encode.sh", picture)
    assert said.count("\n") == 1
    assert base64.b64decode(said) == picture.read_bytes()


def test_base64encode_asks_nothing_that_only_gnu_has(tmp_path: Path) -> None:
    """macOS has a `base64` that takes no `-w`, and breaks no lines of a file read from stdin."""
    strict = tmp_path / "base64"
    strict.write_text(
        '#!/bin/sh\n[ $# -eq 0 ] || { echo "usage: base64" >&2; exit 64; }\n'
        f"exec {need('base64')}\n"
    )
    strict.chmod(0o755)
    picture = pictures.group_of_six()
    done = subprocess.run(
        [need("sh"), str(EXAMPLES / "base64encode.sh"), str(picture)],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert base64.b64decode(done.stdout) == picture.read_bytes()


def test_base64encode_says_what_it_needs() -> None:
    for arguments, code in ((), 2), (("nowhere.jpg",), 1):
        done = subprocess.run(
            [need("sh"), str(EXAMPLES / "base64encode.sh"), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code
        assert done.stderr


def test_every_example_is_listed_and_every_listed_one_is_there() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    ignored = {".md", ".pyc", ".json", ".txt"}
    for path in EXAMPLES.rglob("*"):
        if path.is_file() and path.suffix not in ignored:
            name = path.relative_to(EXAMPLES).as_posix()
            assert name in text or f"`{name.split('/')[0]}/`" in text, name
