"""AWS on this machine: emulators as real processes on loopback, for tests and for the whole loop.

`ministack` plays S3, DynamoDB, SSM, IAM, Lambda and API Gateway; `moto` what that one lacks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

ACCOUNT_ID = "123456789012"
REGION = "eu-west-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEMULATED00000000",
    "AWS_SECRET_ACCESS_KEY": "only-for-emulators",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What every client of the emulators has in its environment; nobody else's keys are ever used."""

_START_S = 60.0
_STOP_S = 10.0


class EmulatorFailed(Exception):
    """An emulator ended or did not answer in time; the message holds the end of its log."""


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
    return port


@contextlib.contextmanager
def ministack(folder: Path, *, auth: bool = False) -> Iterator[str]:
    """Run ministack; yield its address. ``auth`` makes it hold callers to their IAM policies.

    Everything it writes lies in ``folder``.
    """
    port = free_port()
    environment = {
        "AUTH": str(auth).lower(),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder),
    }
    with _running(
        [sys.executable, "-m", "ministack"],
        environment,
        folder / "ministack.log",
        f"http://127.0.0.1:{port}",
        "/_ministack/health",
    ) as url:
        yield url


@contextlib.contextmanager
def moto(folder: Path) -> Iterator[str]:
    """Run moto's server; yield its address."""
    port = free_port()
    with _running(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "TMPDIR": str(folder)},
        folder / "moto.log",
        f"http://127.0.0.1:{port}",
        "/moto-api/",
    ) as url:
        yield url


@contextlib.contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], log: Path, url: str, path: str
) -> Iterator[str]:
    """Run a server in a process group of its own until the block ends."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env={**os.environ, **CREDENTIALS, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        _wait(process, url + path, log)
        yield url
    finally:
        _stop(process)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with opener.open(url, timeout=5) as answer:
                if answer.status < 500:
                    return
        except (urllib.error.URLError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
    tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise EmulatorFailed(f"{url} does not answer.\n{tail}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_STOP_S)
