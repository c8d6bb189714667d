"""The three functions under Lambda's runtime client, out of the zip, with AWS out of reach."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import runtime_api
from gateway_events import (
    S3_TEST_EVENT,
    SNS_EVENT,
    gateway_event,
    queued,
    s3_record,
)
from runtime_api import FunctionFailed
from task import PLAIN_TASK, ROOT, needs_wheels

HANDLER = "faceplate.entrypoints.lambda_{}.handler"

pytestmark = [needs_wheels, pytest.mark.slow]


@pytest.fixture
def start(unpacked: Path, clean_python: tuple[list[str], str], tmp_path: Path) -> Any:
    command, client = clean_python
    environment = {**PLAIN_TASK, "PYTHONPATH": f"{unpacked}{os.pathsep}{client}"}

    def run(noun: str, **more: str) -> Any:
        return runtime_api.running(
            command, HANDLER.format(noun), unpacked, {**environment, **more}, tmp_path / "log"
        )

    return run


def test_faces_are_served_in_a_clean_interpreter(start: Any) -> None:
    with start("vision") as function:
        function.wait_ready()
        document = function.invoke(gateway_event("GET", "/openapi.json"))
        assert "/v1/search" in json.loads(document["body"])["paths"], function.output()
        refused = function.invoke(gateway_event("POST", "/v1/search", body=b"no picture"))
        assert json.loads(refused["body"])["code"] == "image_encoding_invalid"
        strange = function.invoke(gateway_event("GET", "/v1/faces", key_id=None))
        assert strange["statusCode"] == 401
        health = function.invoke(gateway_event("GET", "/v1/health", key_id=None))
        assert health["statusCode"] == 503
        with pytest.raises(FunctionFailed, match="NotAGatewayEvent"):
            function.invoke({"Records": [s3_record("a.jpg")]})
        said = function.output()
    assert "Traceback" not in str(document) + str(refused) + str(health)
    assert "only-for" not in said
    requests = [json.loads(line) for line in said.splitlines() if '"http.request"' in line]
    assert {one["mode"] for one in requests} == {"aws"}


def test_arrivals_are_read_in_a_clean_interpreter(start: Any) -> None:
    with start("index") as function:
        function.wait_ready()
        assert function.invoke(S3_TEST_EVENT) == {"pictures": 0}
        for foreign in (SNS_EVENT, {}, gateway_event()):
            with pytest.raises(FunctionFailed, match="ForeignEvent"):
                function.invoke(foreign)
        # S3 cannot be reached: all three are tried, none is lost, the event comes again.
        records = [s3_record(f"inbox/{name}.jpg") for name in ("one", "two", "three")]
        with pytest.raises(FunctionFailed, match="3 of 3 pictures have to be tried again"):
            function.invoke({"Records": records}, timeout_s=110)
        # From the queue the same: the message comes again.
        message = queued({"Records": records[:1]})
        again = function.invoke(message, timeout_s=110)
        assert again == {"batchItemFailures": [{"itemIdentifier": "0"}]}
        assert function.invoke(queued(S3_TEST_EVENT)) == {"batchItemFailures": []}
        said = function.output()
    arrived = [json.loads(line) for line in said.splitlines() if '"picture.arrived"' in line]
    assert len(arrived) == 4
    assert len({one["key_sha256"] for one in arrived}) == 3
    assert "one.jpg" not in said


def test_the_schedule_is_understood_and_a_failure_is_tried_again(start: Any) -> None:
    stack = (ROOT / "terraform" / "expiry.tf").read_text()
    assert 'input     = jsonencode({ task = "purge-expired" })' in stack
    with start("index") as function:
        function.wait_ready()
        # The table cannot be reached: the message comes again.
        again = function.invoke(queued({"task": "purge-expired"}), timeout_s=110)
        assert again == {"batchItemFailures": [{"itemIdentifier": "0"}]}
        other = function.invoke(queued({"task": "purge-everybody"}))
        assert other == {"batchItemFailures": [{"itemIdentifier": "0"}]}
        assert "purge" not in function.output().replace("purge_expired", "")


def test_a_bucket_that_is_not_ours_is_not_read(start: Any) -> None:
    with start("index") as function:
        function.wait_ready()
        with pytest.raises(FunctionFailed, match="misconfigured"):
            function.invoke({"Records": [s3_record("inbox/a.jpg", bucket="somebody-elses")]})


def test_snapshots_are_taken_of_functions_that_have_everything_loaded(start: Any) -> None:
    snapped = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    with start("vision", **snapped) as function:
        function.wait_ready()
        answer = function.invoke(gateway_event("GET", "/v1/nowhere"))
    assert answer["statusCode"] == 404


@pytest.mark.parametrize("noun", ["text", "vision", "index"])
def test_a_function_that_is_told_nothing_says_what_is_missing(noun: str) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("FACEPLATE_")
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import faceplate.entrypoints.lambda_{noun}"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode != 0
    assert "FACEPLATE_AWS__" in done.stderr
