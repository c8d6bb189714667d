"""The stack on emulators: everything a deployment stands on, started and handed over."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx

import emulators
from aws_doors import importing, signing_again
from cli_running import Process
from emulators import ACCOUNT_ID, CREDENTIALS, REGION
from stub_provider import StubProvider
from stub_provider import running as provider_running
from terraform_running import ROOT, Terraform

API_KEY = "emulated-" + "k" * 24
PROVIDER_KEY = "sk-only-for-emulators"
RATE_RPS, BURST = 50, 25
POLL_S = 0.25
WAIT_S = 60.0

_OVERRIDE = """
provider "aws" {
  s3_use_path_style = true
}
"""


@dataclass(frozen=True)
class Stack:
    """An applied stack and who plays AWS for it."""

    terraform: Terraform
    ministack: str
    moto: str
    provider: StubProvider
    recognition: Process

    def client(self, service: str) -> Any:
        """Return a boto3 client of whoever plays a service."""
        url = self.moto if service in {"cloudwatch", "route53"} else self.ministack
        return boto3.client(
            service,
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def http(self, key: str | None = API_KEY) -> httpx.Client:
        """Return an HTTP client of the deployed API."""
        api = self.terraform.outputs()["api_id"]
        # Without a content type the emulator takes bytes for text; API Gateway does not.
        headers = {"content-type": "application/octet-stream"}
        headers |= {} if key is None else {"x-api-key": key}
        return httpx.Client(
            base_url=f"{self.ministack}/restapis/{api}/live/_user_request_",
            headers=headers,
            timeout=60,
            trust_env=False,
        )

    def everything(self) -> dict[str, list[str]]:
        """List whatever is in the account, service by service."""
        gateway, iam, logs = (self.client(one) for one in ("apigateway", "iam", "logs"))
        watch = self.client("cloudwatch")
        named = {
            "alarms": (watch.describe_alarms()["MetricAlarms"], "AlarmName"),
            "apis": (gateway.get_rest_apis()["items"], "name"),
            "api keys": (gateway.get_api_keys()["items"], "name"),
            "buckets": (self.client("s3").list_buckets()["Buckets"], "Name"),
            "dashboards": (watch.list_dashboards()["DashboardEntries"], "DashboardName"),
            "functions": (self.client("lambda").list_functions()["Functions"], "FunctionName"),
            "log groups": (logs.describe_log_groups()["logGroups"], "logGroupName"),
            "parameters": (self.client("ssm").describe_parameters()["Parameters"], "Name"),
            "policies": (iam.list_policies(Scope="Local")["Policies"], "PolicyName"),
            "roles": (iam.list_roles()["Roles"], "RoleName"),
            "rules": (self.client("events").list_rules()["Rules"], "Name"),
            "usage plans": (gateway.get_usage_plans()["items"], "name"),
        }
        found = {kind: sorted(one[key] for one in rows) for kind, (rows, key) in named.items()}
        found["tables"] = self.client("dynamodb").list_tables()["TableNames"]
        found["queues"] = self.client("sqs").list_queues().get("QueueUrls", [])
        return found


@contextlib.contextmanager
def standing(folder: Path, server_environment: dict[str, str]) -> Iterator[Stack]:
    """Start everything but the stack itself."""
    access_key, secret = "FPEMULATED", secrets.token_hex(16)
    environment = {
        **server_environment,
        "FACEPLATE_REKOGNITION__ACCESS_KEY_ID": access_key,
        "FACEPLATE_REKOGNITION__SECRET_ACCESS_KEY": secret,
        "FACEPLATE_REKOGNITION__ACCOUNT_ID": ACCOUNT_ID,
    }
    with contextlib.ExitStack() as stack:
        provider = stack.enter_context(provider_running())
        ministack = stack.enter_context(emulators.ministack(folder / "ministack", auth=True))
        moto = stack.enter_context(emulators.moto(folder / "moto"))
        recognition = Process(environment, "--port", 0)
        stack.callback(recognition.process.communicate)
        stack.callback(recognition.process.kill)
        api_gateway = stack.enter_context(importing(ministack))
        rekognition = stack.enter_context(signing_again(recognition.url, access_key, secret))
        terraform = Terraform(
            folder,
            {
                **CREDENTIALS,
                "AWS_ENDPOINT_URL": ministack,
                "AWS_ENDPOINT_URL_API_GATEWAY": api_gateway,
                "AWS_ENDPOINT_URL_CLOUDWATCH": moto,
                "AWS_ENDPOINT_URL_ROUTE_53": moto,
                "AWS_ENDPOINT_URL_REKOGNITION": rekognition,
                "TF_VAR_provider_key": PROVIDER_KEY,
            },
        )
        values = {
            "account_id": ACCOUNT_ID,
            "aws_region": REGION,
            "aws_profile": None,
            "aws_max_retries": 2,
            "chat_base_url": provider.base_url,
            "chat_model": "stub-1",
            "first_key": API_KEY,
            "rate_rps": RATE_RPS,
            "rate_burst": BURST,
            # It runs the zip with its own Python, whatever this says, and SnapStart needs a newer.
            "python_runtime": "python3.13",
            "extra_environment": {
                "AWS_ENDPOINT_URL": ministack,
                "AWS_ENDPOINT_URL_REKOGNITION": rekognition,
            },
        }
        terraform.write("emulated.auto.tfvars.json", json.dumps(values))
        terraform.write("emulated_override.tf", _OVERRIDE)
        yield Stack(terraform, ministack, moto, provider, recognition)


def build_package(folder: Path) -> None:
    """Build the zip that Terraform of this folder looks for, for the emulator's Python."""
    out = folder / "build"
    out.mkdir()
    wheels = ROOT / "build" / "wheels"
    if wheels.is_dir():
        (out / "wheels").symlink_to(wheels)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [
        *(sys.executable, "-m", "faceplate.cli.main", "package", "--python", version),
        *("--architecture", "x86_64", "--source", str(ROOT), "--out", str(out)),
    ]
    subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))


def wait_for(what: Any) -> Any:
    """Ask until the answer is true, and return it."""
    until_s = time.monotonic() + WAIT_S
    while time.monotonic() < until_s:
        found = what()
        if found:
            return found
        time.sleep(POLL_S)
    raise AssertionError("it did not come to pass")
