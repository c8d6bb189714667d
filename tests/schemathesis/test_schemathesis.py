"""Whatever the OpenAPI document allows, sent to a real server: nothing breaks its promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import stub_provider as stubs
from served import Served, serving

CONFIG = Path(__file__).with_name("schemathesis.toml")
LONGEST_S = 110


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    """A server whose provider judges what it gets, as providers do."""

    async def behave(seen: stubs.Seen, wire: stubs.Wire) -> None:
        if "/audio/tra" in seen.path:
            await stubs.says({"text": "hello"})(seen, wire)
            return
        try:
            await stubs.usual(seen, wire)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            await stubs.refuses(400)(seen, wire)

    with stubs.running() as provider:
        provider.always = behave
        with serving(
            tmp_path,
            FACEPLATE_CHAT__BASE_URL=provider.base_url,
            FACEPLATE_CHAT__API_KEY="provider-key",
        ) as served:
            yield served


@pytest.mark.models
@pytest.mark.slow
def test_schemathesis_finds_nothing(server: Served, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            *("--no-color", "--config-file", str(CONFIG), "run", f"{server.url}/openapi.json"),
            *("--header", f"x-api-key: {server.key}"),
        ],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "COVERAGE_PROCESS_START"},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    selected = re.search(r"Tested: (\d+)", done.stdout)
    cases = re.search(r"(\d+) generated", done.stdout)
    assert selected
    assert cases
    assert int(selected[1]) >= 55
    assert int(cases[1]) > 1000
