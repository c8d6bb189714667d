"""Terraform as a process, with its provider found on this machine where it is."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
STACK = ROOT / "terraform"
_PROVIDER = "terraform-provider-aws_v*"
_FOLDERS_UP = 5
"""A mirror is laid out as <host>/<owner>/<name>/<version>/<platform>/<program>."""


class TerraformFailed(Exception):
    """Terraform ended badly; the message holds what it said."""


@functools.cache
def provider_mirror() -> Path | None:
    """Return the folder of a provider mirror on this machine; None when there is none."""
    command = [
        *("find", "/", "-xdev", "(", "-path", "/proc", "-o", "-path", "/sys", ")", "-prune"),
        *("-o", "-name", _PROVIDER, "-type", "f", "-print"),
    ]
    found = subprocess.run(command, check=False, capture_output=True, text=True).stdout.split("\n")
    places = [
        Path(line).parents[_FOLDERS_UP] for line in found if line and "/.terraform/" not in line
    ]
    return next((place for place in places if "registry" in str(place) or place.is_dir()), None)


def missing() -> str | None:
    """Say why Terraform cannot be run here; None when it can."""
    if shutil.which("terraform") is None:
        return "terraform is not installed"
    if provider_mirror() is None and os.environ.get("CI") is None:
        return "Terraform's AWS provider is not on this machine, and tests do not download"
    return None


class Terraform:
    """One copy of the stack, applied from a folder of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder / "terraform"
        shutil.copytree(
            STACK,
            self.folder,
            ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars"),
        )
        settings = folder / "terraform.rc"
        mirror = provider_mirror()
        settings.write_text(
            ""
            if mirror is None
            else f'provider_installation {{\n filesystem_mirror {{\n path = "{mirror}"\n }}\n}}\n'
        )
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        }
        self.environment = {
            **inherited,
            **(environment or {}),
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "CHECKPOINT_DISABLE": "1",
        }

    def write(self, name: str, text: str) -> None:
        """Write a file beside the stack's own."""
        (self.folder / name).write_text(text)

    def run(self, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
        """Run Terraform and return what it said.

        Raises:
            TerraformFailed: It ended with another code than those.
        """
        done = subprocess.run(
            ["terraform", *arguments],
            check=False,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode not in accept:
            raise TerraformFailed(f"terraform {' '.join(arguments)}\n{done.stdout[-6000:]}")
        return done.stdout

    def init(self) -> None:
        """Make the folder ready."""
        self.run("init", "-backend=false", "-no-color")

    def outputs(self) -> dict[str, Any]:
        """Return the outputs, the sensitive ones as well."""
        return {name: one["value"] for name, one in json.loads(self.run("output", "-json")).items()}

    def resources(self) -> list[str]:
        """Return the addresses of everything in the state that is no data source."""
        lines = self.run("state", "list").splitlines()
        return [line for line in lines if line and not line.startswith("data.")]
