"""The emulators that the other tests of this folder stand on."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

import emulators


@pytest.mark.usefixtures("aws_environment")
def test_the_emulator_keeps_what_a_client_puts() -> None:
    storage = boto3.client("s3")
    storage.create_bucket(
        Bucket="emulated", CreateBucketConfiguration={"LocationConstraint": emulators.REGION}
    )
    storage.put_object(Bucket="emulated", Key="a", Body=b"1")
    assert storage.get_object(Bucket="emulated", Key="a")["Body"].read() == b"1"
    identity = boto3.client("sts").get_caller_identity()
    assert identity["Account"] == emulators.ACCOUNT_ID


def test_an_emulator_listens_on_loopback_and_ends_with_its_block(tmp_path: Path) -> None:
    with emulators.moto(tmp_path) as url:
        place = urlsplit(url)
        assert place.hostname == "127.0.0.1"
        socket.create_connection(("127.0.0.1", place.port or 0), timeout=5).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", place.port or 0), timeout=5)


def test_an_emulator_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(emulators, "free_port", lambda: taken.getsockname()[1])
        with pytest.raises(emulators.EmulatorFailed, match="in use"), emulators.moto(tmp_path):
            pass
