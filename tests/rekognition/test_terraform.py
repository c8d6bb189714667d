"""Terraform's aws_rekognition_collection; skipped without terraform or its provider."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from real_server import RealServer
from terraform_running import missing, provider_mirror

pytestmark = [pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(300)]

CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_region_validation      = true
  max_retries                 = 2
}

variable "floor" { type = string }

resource "aws_rekognition_collection" "people" {
  collection_id = "terraform"
  tags          = { team = "one", floor = var.floor }
}

output "arn" { value = aws_rekognition_collection.people.arn }
output "version" { value = aws_rekognition_collection.people.face_model_version }
"""


@pytest.fixture
def terraform(tmp_path: Path, real: RealServer):  # type: ignore[no-untyped-def]
    """Run terraform in a folder of its own."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    (tmp_path / "main.tf").write_text(CONFIGURATION)
    settings = tmp_path / "terraform.rc"
    place = provider_mirror()
    settings.write_text(
        ""
        if place is None
        else f'provider_installation {{\n  filesystem_mirror {{\n    path = "{place}"\n  }}\n}}\n'
    )

    def run(*arguments: str, expect: int = 0) -> str:
        done = subprocess.run(
            ["terraform", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={
                **real.environment,
                "TF_CLI_CONFIG_FILE": str(settings),
                "TF_IN_AUTOMATION": "1",
                "TMPDIR": os.environ.get("TMPDIR", str(tmp_path)),
            },
        )
        assert done.returncode == expect, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    run("init", "-input=false", "-no-color")
    return run


def test_a_collection_is_made_read_tagged_and_destroyed(terraform, real: RealServer) -> None:  # type: ignore[no-untyped-def]
    client = real.client()

    def tags() -> dict[str, str]:
        arn = client.describe_collection(CollectionId="terraform")["CollectionARN"]
        found: dict[str, str] = client.list_tags_for_resource(ResourceArn=arn)["Tags"]
        return found

    def step(verb: str, floor: str, *more: str, expect: int = 0) -> None:
        terraform(verb, "-input=false", "-no-color", f"-var=floor={floor}", *more, expect=expect)

    step("apply", "1", "-auto-approve")
    assert tags() == {"team": "one", "floor": "1"}
    outputs = json.loads(terraform("output", "-json"))
    assert outputs["arn"]["value"].endswith(":collection/terraform")
    assert outputs["version"]["value"] == "1.0"
    step("plan", "1", "-detailed-exitcode")
    step("plan", "2", "-detailed-exitcode", expect=2)
    step("apply", "2", "-auto-approve")
    assert tags() == {"team": "one", "floor": "2"}
    step("plan", "2", "-detailed-exitcode")
    step("destroy", "2", "-auto-approve")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_collection(CollectionId="terraform")
