"""Mode aws as whole processes: what a start imports, and the command line against the emulators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aws_serving import AwsServing
from build import ANA, draw
from emulators import CREDENTIALS
from faceplate.bootstrap.aws import AwsParts

Environment = dict[str, str]

START = """
import sys
from faceplate.bootstrap.aws import build_aws
from faceplate.config import AwsSettings, Settings
application = build_aws(Settings(
    _env_file=None, mode="aws", aws=AwsSettings(bucket="b", table="t"),
    chat={"base_url": "http://127.0.0.1:9/v1"}))
application.warm_up()
print(sorted({name.partition(".")[0] for name in sys.modules}
             & {"boto3", "botocore", "cv2", "onnxruntime"}))
"""


def test_a_start_asks_nothing_of_aws_and_loads_none_of_its_sdk(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if "AWS" not in name}
    ended = subprocess.run(
        [sys.executable, "-c", START],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stderr == ""
    assert ended.stdout == "[]\n"


@pytest.fixture
def environment(aws_parts: AwsParts, rekognition_server: AwsServing, tmp_path: Path) -> Environment:
    """What a process needs to know to work on the same table and bucket as `aws_parts`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **clean,
        **CREDENTIALS,
        "AWS_ACCESS_KEY_ID": rekognition_server.access_key_id,
        "AWS_SECRET_ACCESS_KEY": rekognition_server.secret,
        "AWS_ENDPOINT_URL": aws_parts.clients.s3.meta.endpoint_url,
        "AWS_ENDPOINT_URL_REKOGNITION": rekognition_server.url,
        "FACEPLATE_MODE": "aws",
        "FACEPLATE_AWS__BUCKET": aws_parts.box._bucket,
        "FACEPLATE_AWS__TABLE": aws_parts.table.name,
        "FACEPLATE_CHAT__BASE_URL": "http://127.0.0.1:9/v1",
        "FACEPLATE_DATA_DIR": str(tmp_path / "data"),
    }


def run(environment: Environment, *words: str) -> tuple[int, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "faceplate.cli.main", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_the_command_line_works_on_aws(
    environment: Environment, tmp_path: Path, rekognition_server: AwsServing
) -> None:
    picture = tmp_path / "ana 1.png"
    picture.write_bytes(draw(ANA))
    code, said = run(environment, "index", str(picture), "--json")
    assert code == 0, said
    code, said = run(environment, "search", str(picture), "--json")
    assert code == 0, said
    assert "ana 1.png" in said
    code, said = run(environment, "info", "--json")
    assert code == 0, said
    info = json.loads(said)
    assert (info["mode"], info["collection"]["faces"]) == ("aws", 1)
    code, said = run(environment, "keys", "list")
    assert code != 0
    assert "API Gateway" in said
    code, said = run(environment, "backup", str(tmp_path / "backup.tar"))
    assert code != 0
    assert "point-in-time" in said
    # A face that the records do not know, as a crash may leave one.
    application = rekognition_server.parts.application
    application.faces.index("stray.png", draw((30, 160, 60)))
    code, said = run(environment, "doctor", "--repair", "--json")
    checks = {check["name"]: check for check in json.loads(said)["checks"]}
    assert checks["repair"]["finding"] == "faces_removed: 1"
    assert checks["part records"]["ok"]
    assert checks["part recognizer"]["ok"]
    assert not (tmp_path / "data").exists()
