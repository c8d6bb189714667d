"""`faceplate serve` as a process of its own, and what clients of Rekognition need to find it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.session import Session

from cli_running import Process

ACCESS_KEY_ID = "AKIAREALSERVER000001"
SECRET = "only-for-tests"
API_KEY = "fp_only-for-tests-of-a-real-server"
REGION = "eu-west-1"


@dataclass(frozen=True)
class RealServer:
    """Where it listens, and the whole environment of a client of it."""

    url: str
    environment: Mapping[str, str]

    def client(self, service: str = "rekognition", **how: Any) -> Any:
        """Return a botocore client, made of the environment as any program's is."""
        session = Session()
        session.set_credentials(ACCESS_KEY_ID, SECRET)
        return session.create_client(
            service,
            region_name=REGION,
            endpoint_url=self.environment.get(f"AWS_ENDPOINT_URL_{service.upper()}"),
            config=Config(retries={"total_max_attempts": 1}),
            **how,
        )


@contextlib.contextmanager
def real_server(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[RealServer]:
    """Run the server on a data folder until the block ends."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "FACEPLATE_")) or name == "FACEPLATE_ENGINE__MODELS_DIR"
    }
    process = Process(
        {
            **inherited,
            "FACEPLATE_DATA_DIR": str(folder / "data"),
            "FACEPLATE_API_KEY": API_KEY,
            "FACEPLATE_REKOGNITION__ACCESS_KEY_ID": ACCESS_KEY_ID,
            "FACEPLATE_REKOGNITION__SECRET_ACCESS_KEY": SECRET,
            **(settings or {}),
        },
        "--port",
        0,
    )
    try:
        client = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_REKOGNITION": process.url,
        }
        yield RealServer(process.url, client)
    finally:
        process.stop()
