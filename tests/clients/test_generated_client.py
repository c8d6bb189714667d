"""A client generated from the OpenAPI document compiles, and works against a server."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from build import ANA, draw
from node_packages import installed
from text_serving import service

PROGRAM = Path(__file__).with_name("client.ts")
PACKAGES = ("openapi-typescript", "openapi-fetch", "typescript@5", "@types/node")
OPTIONS = (
    *("--strict", "--noUncheckedIndexedAccess", "false", "--skipLibCheck"),
    *("--target", "es2022", "--module", "nodenext", "--types", "node"),
)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("client"), *PACKAGES)


def run(package: Path, *command: str) -> str:
    done = subprocess.run(
        command, cwd=package, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_generated_typescript_client_compiles_and_works(package: Path) -> None:
    commands = package / "node_modules" / ".bin"
    shutil.copy(PROGRAM, package)
    with service() as served:
        document = httpx.get(f"{served.url}/openapi.json")
        (package / "openapi.json").write_bytes(document.content)
        run(package, str(commands / "openapi-typescript"), "openapi.json", "-o", "faceplate.d.ts")
        run(package, str(commands / "tsc"), *OPTIONS, "client.ts")
        picture = "data:image/png;base64," + base64.b64encode(draw(ANA)).decode()
        said = run(package, "node", "client.js", served.url, served.secret, picture)
    assert json.loads(said) == {
        "names": ["Ana"],
        "person": "Ana",
        "left": {"people": 0, "faces": 0, "vectors": 0, "bytes": 0},
        "code": "face_not_found",
    }
