"""An AWS access key from the command line to boto3, on a real server and across its restarts."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from aws_serving import checked_client
from cli_running import Ended, Process

pytestmark = [pytest.mark.models, pytest.mark.slow]

Command = Callable[..., Ended]


def refusal(server: Process, pair: tuple[str, str]) -> str:
    with pytest.raises(ClientError) as caught:
        checked_client(server.url, *pair).list_collections()
    code: str = caught.value.response["Error"]["Code"]
    return code


def pair_of(ended: Ended) -> tuple[str, str]:
    assert ended.code == 0, ended.err
    return ended.json["access_key_id"], ended.json["secret_access_key"]


def test_a_key_is_made_used_kept_rotated_and_revoked(
    start: Callable[[], Process], faceplate: Command, tmp_path: Path
) -> None:
    before = pair_of(faceplate("keys", "create", "--aws", "--json"))  # no server runs yet
    server = start()
    assert server.key is not None  # an access key does not stand in for the first API key
    during = pair_of(faceplate("keys", "create", "--aws", "--collection-prefix", "p.", "--json"))
    checked_client(server.url, *before).create_collection(CollectionId="other")
    client = checked_client(server.url, *during)
    client.create_collection(CollectionId="p.mine")
    assert client.list_collections()["CollectionIds"] == ["p.mine"]
    assert server.stop().code == 0

    server = start()
    assert checked_client(server.url, *before).list_collections()["CollectionIds"] == [
        "other",
        "p.mine",
    ]
    after = pair_of(faceplate("keys", "rotate", during[0], "--json"))
    assert refusal(server, during) == "UnrecognizedClientException"
    assert checked_client(server.url, *after).list_collections()["CollectionIds"] == ["p.mine"]
    assert faceplate("keys", "revoke", after[0]).code == 0
    assert refusal(server, after) == "UnrecognizedClientException"
    ended = server.stop()
    secrets = [pair[1] for pair in (before, during, after)]
    assert not any(secret in ended.out + ended.err for secret in secrets)
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not any(secret.encode() in path.read_bytes() for path in files for secret in secrets)
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


def test_a_configured_pair_works_from_the_start(environment: dict[str, str]) -> None:
    pair = ("AKIACONFIGURED", "a secret of the configuration")
    server = Process(
        {
            **environment,
            "FACEPLATE_REKOGNITION__ACCESS_KEY_ID": pair[0],
            "FACEPLATE_REKOGNITION__SECRET_ACCESS_KEY": pair[1],
            "FACEPLATE_REKOGNITION__SESSION_TOKEN": "and its token",
            "FACEPLATE_REKOGNITION__REGION": "eu-west-1",
        },
        "--port",
        0,
    )
    try:
        client = checked_client(server.url, *pair, session_token="and its token")
        assert client.list_collections()["CollectionIds"] == []
        assert refusal(server, pair) == "UnrecognizedClientException"
        elsewhere = checked_client(
            server.url, *pair, session_token="and its token", region_name="us-east-1"
        )
        with pytest.raises(ClientError, match="scoped to a valid region: 'eu-west-1'"):
            elsewhere.list_collections()
    finally:
        ended = server.stop()
    assert pair[1] not in ended.out + ended.err
