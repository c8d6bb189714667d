"""`faceplate serve` as a process of its own, and boto3 clients for it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

KEY, SECRET = "AKIABENCHMARK0000001", "only-for-this-run"
REGION = "eu-west-1"


@dataclass(frozen=True)
class Server:
    """Where it listens, and which process it is."""

    url: str
    pid: int

    def memory_mb(self) -> float:
        """Return the resident memory of the server."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise SystemExit("no VmRSS in /proc")


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """Run the server on a data folder until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "FACEPLATE_DATA_DIR": str(folder),
        "FACEPLATE_PORT": "0",
        "FACEPLATE_REKOGNITION__ACCESS_KEY_ID": KEY,
        "FACEPLATE_REKOGNITION__SECRET_ACCESS_KEY": SECRET,
    }
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "faceplate.cli.main", "serve"],
            env=environment,
            stdout=out,
            stderr=out,
        )
        try:
            yield Server(_wait_for_address(process, log), process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def client(server: Server) -> Any:
    """Return a boto3 client that never tries twice."""
    return boto3.Session().client(
        "rekognition",
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=300),
    )


def _wait_for_address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"ready at (https?://[^\s]+)", log.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise SystemExit(f"The server did not start:\n{log.read_text(errors='replace')}")
