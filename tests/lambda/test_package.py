"""The zip: the same bytes every time, no more in it than is used, no less than is needed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import runtime_api
import stub_provider
from faceplate.adapters.lambda_zip.build import build_zip, write_zip
from faceplate.adapters.lambda_zip.contents import AWS_SERVICES
from faceplate.adapters.lambda_zip.target import PYTHONS, Target, choose_target
from faceplate.domain.errors import InvalidParameter, Misconfigured
from gateway_events import gateway_event
from task import HERE, PLAIN_TASK, ROOT, WHEELS, needs_wheels


@needs_wheels
def test_two_builds_are_the_same_bytes(built: Path, tmp_path: Path) -> None:
    (tmp_path / "wheels").symlink_to(WHEELS)
    again = build_zip(ROOT, tmp_path, Target(HERE, "x86_64"))
    assert again.path.read_bytes() == built.read_bytes()
    assert again.manifest()["file"] == built.name


@needs_wheels
def test_it_holds_bytecode_licences_and_nothing_for_the_laptop(built: Path) -> None:
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
    assert names == sorted(names)
    tops = {name.split("/")[0] for name in names}
    assert tops.isdisjoint({"numpy", "cv2", "onnxruntime", "boto3", "typer", "rich", "uvicorn"})
    assert not [
        name for name in names if name.startswith(("faceplate/cli/", "faceplate/adapters/onnx/"))
    ]
    assert not [name for name in names if name.endswith(".py")]
    assert "faceplate/entrypoints/lambda_text.pyc" in names
    assert any(name.startswith("licences/botocore-") for name in names)
    services = {name.split("/")[2] for name in names if name.startswith("botocore/data/")}
    assert {one for one in services if not one.endswith((".json", ".gz"))} == set(AWS_SERVICES)


@needs_wheels
def test_it_is_small(built: Path) -> None:
    assert built.stat().st_size <= 30_000_000


def test_the_services_kept_are_those_with_a_client() -> None:
    text = (ROOT / "src/faceplate/adapters/aws/clients.py").read_text()
    assert set(re.findall(r'self\._client\("(\w+)"\)', text)) == set(AWS_SERVICES)


@needs_wheels
def test_the_text_function_runs_in_a_clean_interpreter(
    unpacked: Path, clean_python: tuple[list[str], str], tmp_path: Path
) -> None:
    command, client = clean_python
    with stub_provider.running() as stub:
        environment = {
            **PLAIN_TASK,
            "PYTHONPATH": f"{unpacked}{os.pathsep}{client}",
            "FACEPLATE_CHAT__BASE_URL": stub.base_url,
        }
        handler = "faceplate.entrypoints.lambda_text.handler"
        with runtime_api.running(
            command, handler, unpacked, environment, tmp_path / "log"
        ) as function:
            function.wait_ready()
            body = '{"input_text": "she no went to the market"}'
            ran = function.invoke(gateway_event("POST", "/v1/examples/default-grammar", body=body))
            listed = function.invoke(gateway_event("GET", "/v1/examples"))
            with pytest.raises(runtime_api.FunctionFailed, match="NotAGatewayEvent"):
                function.invoke({"Records": []})
    assert ran["statusCode"] == 200, (ran, function.output())
    assert listed["statusCode"] == 200, function.output()
    assert len(json.loads(listed["body"])["examples"]) > 50
    events = [json.loads(line) for line in function.output().splitlines() if line[:1] == "{"]
    assert [one["route"] for one in events if one["event"] == "http.request"][:2] == [
        "/v1/examples/{slug}",
        "/v1/examples",
    ]


def test_a_folder_that_is_no_checkout_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no checkout"):
        build_zip(tmp_path, tmp_path / "out", Target(HERE, "arm64"))


@pytest.mark.parametrize(("python", "architecture"), [("2.7", "arm64"), (None, "riscv")])
def test_a_runtime_that_lambda_lacks_is_refused(python: str | None, architecture: str) -> None:
    with pytest.raises(InvalidParameter):
        choose_target(python, architecture)


def test_without_a_version_the_best_with_bytecode_is_chosen() -> None:
    chosen = choose_target(None, "arm64")
    assert chosen.interpreter is not None or chosen.python == PYTHONS[0]
    assert choose_target("3.12", "x86_64") == Target("3.12", "x86_64")


def test_an_older_file_and_another_order_change_no_byte(tmp_path: Path) -> None:
    def write(names: list[str], place: str) -> Any:
        stage = tmp_path / place
        for name in names:
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        write_zip(stage, tmp_path / f"{place}.zip")
        return (tmp_path / f"{place}.zip").read_bytes()

    first = write(["b/c.txt", "a.txt"], "one")
    shutil.rmtree(tmp_path / "one")
    assert write(["a.txt", "b/c.txt"], "two") == first


@needs_wheels
def test_the_command_describes_what_it_built(tmp_path: Path) -> None:
    (tmp_path / "wheels").symlink_to(WHEELS)
    command = [
        *(sys.executable, "-m", "faceplate.cli.main", "package", "--json", "--python", HERE),
        *("--architecture", "x86_64", "--source", str(ROOT), "--out", str(tmp_path)),
    ]
    done = subprocess.run(command, check=True, capture_output=True)
    manifest = json.loads((tmp_path / "lambda.json").read_text())
    assert json.loads(done.stdout) == {**manifest, "path": str(tmp_path / manifest["file"])}
    assert (tmp_path / manifest["file"]).stat().st_size == manifest["zip_bytes"]
