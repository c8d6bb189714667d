"""`make state` and `make state-destroy`: Terraform's state in a bucket that is made for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

import emulators
import terraform_running
from emulators import ACCOUNT_ID, CREDENTIALS, REGION
from terraform_running import ROOT

BUCKET = f"faceplate-state-{ACCOUNT_ID}-{REGION}"
THING = 'resource "terraform_data" "thing" {\n  input = "kept"\n}\n'


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the emulated S3 is."""
    with emulators.ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture
def s3(address: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the script and the three values, as in a clone."""
    for name in ("scripts", "terraform"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / "scripts" / "stack_state.py", tmp_path / "scripts")
    (tmp_path / "terraform" / "terraform.tfvars").write_text(
        f'account_id  = "{ACCOUNT_ID}"\naws_region  = "{REGION}"\naws_profile = null\n'
    )
    return tmp_path


def environment(address: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **CREDENTIALS, "AWS_ENDPOINT_URL": address}


def state(checkout: Path, address: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "scripts/stack_state.py", *arguments],
        cwd=checkout,
        env=environment(address),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def buckets(s3: Any) -> list[str]:
    return [one["Name"] for one in s3.list_buckets()["Buckets"]]


def test_the_bucket_is_made_kept_closed_and_removed(checkout: Path, address: str, s3: Any) -> None:
    for _ in range(2):
        done = state(checkout, address)
        assert done.returncode == 0, done.stderr
        assert f'bucket       = "{BUCKET}"' in done.stdout
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    closed = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    assert s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]
    s3.delete_bucket_policy(Bucket=BUCKET)  # the emulator has no TLS to come over
    s3.put_object(Bucket=BUCKET, Key="old.tfstate", Body=b'{"resources": []}')
    s3.delete_object(Bucket=BUCKET, Key="old.tfstate")
    for _ in range(2):
        done = state(checkout, address, "--remove")
        assert done.returncode == 0, done.stderr
    assert BUCKET not in buckets(s3)


def test_values_that_are_missing_are_named(checkout: Path, address: str) -> None:
    (checkout / "terraform" / "terraform.tfvars").write_text('aws_region = "eu-west-1"\n')
    done = state(checkout, address)
    assert done.returncode == 1
    assert "account_id" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.terraform
@pytest.mark.skipif(
    shutil.which("terraform") is None, reason=str(terraform_running.missing() or "no terraform")
)
def test_terraform_keeps_and_locks_its_state_there(checkout: Path, address: str, s3: Any) -> None:
    said = state(checkout, address).stdout
    s3.delete_bucket_policy(Bucket=BUCKET)
    folder = checkout / "terraform"
    block, rest = said.split("terraform/backend.tf\n", 1)[1].split("and this into", 1)
    (folder / "backend.tf").write_text(block)
    (folder / "thing.tf").write_text(THING)
    tfvars = re.findall(r"^\w+ += .*$", rest, re.MULTILINE)
    # What only an emulator needs: no names of buckets in hosts, nobody to ask who is calling.
    emulated = [
        *("use_path_style = true", "skip_credentials_validation = true"),
        *("skip_requesting_account_id = true", "skip_metadata_api_check = true"),
    ]
    (folder / "backend.tfvars").write_text("\n".join([*tfvars, *emulated]) + "\n")
    (folder / "terraform.tfvars").rename(folder / "kept.values")

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments],
            cwd=folder,
            env={**environment(address), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"},
            check=False,
            capture_output=True,
            text=True,
            timeout=100,
        )

    done = terraform("init", "-input=false", "-no-color", "-backend-config=backend.tfvars")
    assert done.returncode == 0, done.stderr
    done = terraform("apply", "-auto-approve", "-no-color")
    assert done.returncode == 0, done.stderr
    assert "kept" in s3.get_object(Bucket=BUCKET, Key="faceplate.tfstate")["Body"].read().decode()
    (folder / "kept.values").rename(folder / "terraform.tfvars")
    refused = state(checkout, address, "--remove")
    assert refused.returncode == 1
    assert "make destroy first" in refused.stderr
    s3.put_object(Bucket=BUCKET, Key="faceplate.tfstate.tflock", Body=b'{"ID": "somebody"}')
    locked = terraform("destroy", "-auto-approve", "-no-color")
    assert "Error acquiring the state lock" in locked.stderr
    s3.delete_object(Bucket=BUCKET, Key="faceplate.tfstate.tflock")
    done = terraform("destroy", "-auto-approve", "-no-color")
    assert done.returncode == 0, done.stderr
    done = state(checkout, address, "--remove")
    assert done.returncode == 0, done.stderr
    assert BUCKET not in buckets(s3)
