"""Terraform's own word on the stack: format, validity, plans with a made-up provider, checkov."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import terraform_running
from terraform_running import ROOT, STACK, Terraform

CHECKOV = ROOT / "build" / "checkov" / "bin" / "checkov"

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        terraform_running.missing() is not None, reason=str(terraform_running.missing())
    ),
]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    terraform = Terraform(tmp_path_factory.mktemp("stack"))
    terraform.init()
    return terraform


def test_it_is_formatted(ready: Terraform) -> None:
    assert ready.run("fmt", "-check", "-recursive", "-diff", accept=(0, 3)) == ""


def test_it_is_valid(ready: Terraform) -> None:
    assert "The configuration is valid" in ready.run("validate", "-no-color")


def test_plans_are_what_the_test_files_say(ready: Terraform) -> None:
    said = ready.run("test", "-no-color", accept=(0, 1))
    assert "0 failed" in said, said[-4000:]


def test_without_a_value_terraform_asks_for_it(ready: Terraform) -> None:
    said = ready.run("plan", "-no-color", "-refresh=false", accept=(1,))
    assert "No value for required variable" in said


@pytest.mark.skipif(not CHECKOV.exists(), reason="checkov is not here: .ci/run installs it")
def test_checkov_finds_nothing_that_has_no_reason(tmp_path: Path) -> None:
    copy = tmp_path / "terraform"
    shutil.copytree(STACK, copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfvars"))
    done = subprocess.run(
        [
            *(str(CHECKOV), "--directory", str(copy), "--framework", "terraform"),
            *("--skip-download", "--quiet", "--compact"),
            *("--config-file", str(STACK / ".checkov.yaml")),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_every_skip_of_checkov_has_its_reason() -> None:
    lines = (STACK / ".checkov.yaml").read_text().splitlines()
    skips = [line for line in lines if line.strip().startswith("- CKV")]
    assert skips
    for line in skips:
        assert len(line.partition("#")[2].split()) > 3, line
