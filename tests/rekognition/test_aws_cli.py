"""The AWS command line, unmodified; skipped where it is not installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import pictures
from real_server import RealServer

pytestmark = [pytest.mark.models, pytest.mark.slow]

OURS = Path(__file__).parents[2] / ".venv/aws-cli/bin/aws"


class Failed(Exception):
    """What the command said on its error output."""


class Aws:
    """Run ``aws rekognition`` against a server."""

    def __init__(self, command: str, server: RealServer) -> None:
        self._command = command
        self._server = server

    def __call__(self, verb: str, *arguments: str) -> Any:
        done = subprocess.run(
            [self._command, "rekognition", verb, *arguments, "--output", "json"],
            env={**self._server.environment, "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise Failed(done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else {}


@pytest.fixture
def aws(real: RealServer) -> Aws:
    command = str(OURS) if OURS.exists() else shutil.which("aws")
    if command is None:
        pytest.skip("the AWS command line is not installed; `make aws-cli` does it")
    return Aws(command, real)


def test_the_command_line_works_unmodified(aws: Aws) -> None:
    picture = f"fileb://{pictures.astronaut()}"
    group = f"fileb://{pictures.group_of_six()}"
    c = ("--collection-id", "cli")
    created = aws("create-collection", *c, "--tags", "team=one,floor=2")
    assert created["StatusCode"] == 200
    arn = created["CollectionArn"]
    assert aws("list-tags-for-resource", "--resource-arn", arn)["Tags"] == {
        "team": "one",
        "floor": "2",
    }
    aws("tag-resource", "--resource-arn", arn, "--tags", "floor=3")
    aws("untag-resource", "--resource-arn", arn, "--tag-keys", "team")
    assert aws("list-tags-for-resource", "--resource-arn", arn)["Tags"] == {"floor": "3"}

    indexed = aws("index-faces", *c, "--image-bytes", picture, "--external-image-id", "e")
    face_id = indexed["FaceRecords"][0]["Face"]["FaceId"]
    aws("index-faces", *c, "--image-bytes", group, "--max-faces", "3", "--quality-filter", "NONE")
    assert aws("describe-collection", *c)["FaceCount"] == 4
    assert "cli" in aws("list-collections", "--page-size", "1")["CollectionIds"]
    assert len(aws("list-faces", *c, "--page-size", "2")["Faces"]) == 4

    found = aws("search-faces-by-image", *c, "--image-bytes", picture)
    assert found["FaceMatches"][0]["Face"]["FaceId"] == face_id
    assert aws("search-faces", *c, "--face-id", face_id)["FaceMatches"] == []
    assert len(aws("detect-faces", "--image-bytes", group)["FaceDetails"]) == 6
    compared = aws("compare-faces", "--source-image-bytes", picture, "--target-image-bytes", group)
    assert len(compared["UnmatchedFaces"]) == 6

    aws("create-user", *c, "--user-id", "collins")
    given = aws("associate-faces", *c, "--user-id", "collins", "--face-ids", face_id)
    assert given["UserStatus"] == "ACTIVE"
    users = aws("search-users-by-image", *c, "--image-bytes", picture)
    assert users["UserMatches"][0]["User"]["UserId"] == "collins"
    assert aws("search-users", *c, "--face-id", face_id)["UserMatches"]
    assert aws("list-users", *c)["Users"] == [{"UserId": "collins", "UserStatus": "ACTIVE"}]
    kept = aws("delete-faces", *c, "--face-ids", face_id)["UnsuccessfulFaceDeletions"]
    assert kept[0]["Reasons"] == ["ASSOCIATED_TO_AN_EXISTING_USER"]
    aws("disassociate-faces", *c, "--user-id", "collins", "--face-ids", face_id)
    aws("delete-user", *c, "--user-id", "collins")
    assert aws("delete-faces", *c, "--face-ids", face_id)["DeletedFaces"] == [face_id]
    with pytest.raises(Failed, match="ResourceAlreadyExistsException"):
        aws("create-collection", *c)
    assert aws("delete-collection", *c)["StatusCode"] == 200
    with pytest.raises(Failed, match="ResourceNotFoundException"):
        aws("describe-collection", *c)
