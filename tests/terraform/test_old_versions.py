"""`make deploy` deletes versions of the functions that nobody calls: each is paid for."""

from __future__ import annotations

import importlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

import emulators
from emulators import ACCOUNT_ID, CREDENTIALS, REGION
from terraform_running import ROOT


@pytest.fixture
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with emulators.ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield boto3.client(
            "lambda",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )


def package(text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("handler.py", text)
    return made.getvalue()


def versions(functions: Any) -> list[str]:
    found = functions.list_versions_by_function(FunctionName="faceplate-text")["Versions"]
    return [one["Version"] for one in found]


def publish(functions: Any, count: int) -> None:
    functions.create_function(
        FunctionName="faceplate-text",
        Runtime="python3.13",
        Role="arn:aws:iam::123456789012:role/made-up",
        Handler="handler.handler",
        Code={"ZipFile": package("0")},
        Publish=True,
    )
    for number in range(1, count):
        functions.update_function_code(
            FunctionName="faceplate-text", ZipFile=package(str(number)), Publish=True
        )


def test_only_the_newest_and_what_an_alias_names_stay(
    functions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    prune = importlib.import_module("old_versions").prune
    publish(functions, 12)
    functions.create_alias(FunctionName="faceplate-text", Name="live", FunctionVersion="9")
    assert prune(functions, "faceplate-text") == [*(str(n) for n in range(1, 9)), "10", "11"]
    assert versions(functions) == ["$LATEST", "9", "12"]
    assert prune(functions, "faceplate-text") == []


def run(checkout: Path, address: str) -> subprocess.CompletedProcess[str]:
    """Run the script as `make deploy` does, after a Terraform that knows one function."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = f"{checkout / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, str(checkout / "scripts" / "old_versions.py")],
        env={**kept, **CREDENTIALS, "AWS_ENDPOINT_URL": address, "PATH": path},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_script_asks_terraform_for_the_functions(functions: Any, tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "terraform").mkdir()
    for name in ("old_versions.py", "stack_state.py"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts")
    (tmp_path / "terraform" / "terraform.tfvars").write_text(
        f'account_id = "{ACCOUNT_ID}"\naws_region = "{REGION}"\naws_profile = null\n'
    )
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "terraform"
    program.write_text("#!/bin/sh\necho '[\"faceplate-text\"]'\n")
    program.chmod(0o755)
    address = functions.meta.endpoint_url
    refused = run(tmp_path, address)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Old versions were not deleted" in refused.stderr
    publish(functions, 3)
    done = run(tmp_path, address)
    assert done.stdout == "faceplate-text: old versions deleted: 1, 2\n", done.stderr
    assert versions(functions) == ["$LATEST", "3"]
