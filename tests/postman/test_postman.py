"""The Postman collection, run by Postman's own runner against a real server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pictures
import stub_provider as stubs
from node_packages import installed
from served import Served, serving

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
COLLECTION = ROOT / "postman" / "faceplate.postman_collection.json"


def test_no_secret_and_no_picture_is_in_the_committed_files() -> None:
    for path in COLLECTION.parent.glob("*environment.json"):
        values = {one["key"]: one["value"] for one in json.loads(path.read_text())["values"]}
        assert not any(values[name] for name in values if name.endswith(("_key", "_base64")))


@pytest.fixture(scope="module")
def newman(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = installed(tmp_path_factory.mktemp("newman"), "newman")
    return str(folder / "node_modules" / ".bin" / "newman")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with a provider behind it that has all of OpenAI's surfaces."""

    async def behave(seen: stubs.Seen, wire: stubs.Wire) -> None:
        heard = seen.path.endswith(("/transcriptions", "/translations"))
        await (stubs.says({"text": "hello"}) if heard else stubs.usual)(seen, wire)

    with stubs.running() as provider:
        provider.always = behave
        with serving(
            tmp_path_factory.mktemp("postman"),
            FACEPLATE_CHAT__BASE_URL=provider.base_url,
            FACEPLATE_CHAT__API_KEY="provider-key",
        ) as served:
            yield served


def ran(newman: str, server: Served, key: str, *options: str) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(sys.executable, str(SCRIPTS / "run_postman.py"), "--newman", newman, "--json"),
            *("--url", server.url, "--key", key, "--provider"),
            *("--face", str(pictures.astronaut()), "--group", str(pictures.group_of_six())),
            *options,
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == bool(json.loads(done.stdout)["failures"]), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.models
@pytest.mark.slow
def test_every_call_of_the_collection_is_answered_as_it_says(
    newman: str, server: Served, tmp_path: Path
) -> None:
    folders = json.loads(COLLECTION.read_text(encoding="utf-8"))["item"]
    backup = str(tmp_path / "backup.tar")
    found = ran(newman, server, server.key, "--local-key", server.local_key, "--backup", backup)
    assert found["failures"] == []
    assert found["calls"] == sum(len(folder["item"]) for folder in folders)
    assert found["tests"] > 4 * found["calls"]


@pytest.mark.models
@pytest.mark.slow
def test_what_is_not_as_expected_is_reported(newman: str, server: Served) -> None:
    elsewhere = ran(newman, server, server.key, "--mode", "aws", "--folder", "System")
    assert any("'local' to equal 'aws'" in failure for failure in elsewhere["failures"])
    refused = ran(newman, server, "fp_wrong", "--folder", "System")
    assert any("status is 200" in failure for failure in refused["failures"])
